#include "edge/blocks/pubsub/event_time.h"

#include "edge/base/strings.h"

namespace edge::blocks {
namespace {

constexpr Duration kMost = std::chrono::hours(24 * 366 * 100);

Error no_time(std::string_view name, std::string_view value) {
  return {Code::kInvalidArgument,
          std::string(name) + " must be a duration such as \"1m\" or a number of seconds over 0, " +
              "not \"" + std::string(value) + "\""};
}

}  // namespace

Result<std::optional<Duration>> read_time_to_live(const pubsub::Metadata& metadata) {
  for (const std::string_view known : {"ttl", "ttlInSeconds"}) {
    for (const auto& [name, value] : metadata) {
      if (!equals_ignoring_case(name, known) || value.empty()) continue;
      const auto duration = parse_duration(value);
      if (duration && *duration > Duration::zero() && *duration <= kMost) {
        return std::optional(*duration);
      }
      return no_time(name, value);
    }
  }
  return std::optional<Duration>();
}

std::optional<Duration> time_to_live(const pubsub::Metadata& metadata) {
  const auto read = read_time_to_live(metadata);
  return read ? *read : std::nullopt;
}

}  // namespace edge::blocks
