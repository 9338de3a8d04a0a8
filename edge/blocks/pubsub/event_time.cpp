#include "edge/blocks/pubsub/event_time.h"

#include "edge/base/strings.h"

namespace edge::blocks {
namespace {

constexpr Duration kMost = std::chrono::hours(24 * 366 * 100);

// The member that tells it; nullptr where none does.
const pubsub::Metadata::value_type* find_time(const pubsub::Metadata& metadata) {
  for (const std::string_view known : {"ttl", "ttlInSeconds"}) {
    for (const auto& item : metadata) {
      if (equals_ignoring_case(item.first, known) && !item.second.empty()) return &item;
    }
  }
  return nullptr;
}

}  // namespace

Result<std::optional<Duration>> read_time_to_live(const pubsub::Metadata& metadata) {
  const auto* found = find_time(metadata);
  if (found == nullptr) return std::optional<Duration>();
  const auto& [name, value] = *found;
  const auto duration = parse_duration(value);
  if (duration && *duration > Duration::zero() && *duration <= kMost) {
    return std::optional(*duration);
  }
  return Error{Code::kInvalidArgument,
               name + " must be a duration such as \"1m\" or a number of seconds over 0, not \"" +
                   value + "\""};
}

std::optional<Duration> time_to_live(const pubsub::Metadata& metadata) {
  const auto read = read_time_to_live(metadata);
  return read ? *read : std::nullopt;
}

}  // namespace edge::blocks
