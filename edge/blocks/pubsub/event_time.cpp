#include "edge/blocks/pubsub/event_time.h"

#include "edge/base/strings.h"

namespace edge::blocks {

std::optional<Duration> time_to_live(const pubsub::Metadata& metadata) {
  for (const std::string_view known : {"ttl", "ttlInSeconds"}) {
    for (const auto& [name, value] : metadata) {
      if (!equals_ignoring_case(name, known) || value.empty()) continue;
      const auto duration = parse_duration(value);
      if (duration && *duration > Duration::zero()) return *duration;
      return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace edge::blocks
