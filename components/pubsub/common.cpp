#include "components/pubsub/common.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "edge/base/strings.h"

namespace edge::pubsub {
namespace {

constexpr std::size_t kMaxTopicBytes = 1024;
constexpr Duration kPatience = std::chrono::seconds(5);

// Takes the first level off; what is left has no value after the last one.
std::string_view take_level(std::optional<std::string_view>& rest) noexcept {
  const auto slash = rest->find('/');
  const auto level = rest->substr(0, slash);
  if (slash == std::string_view::npos) {
    rest.reset();
  } else {
    rest->remove_prefix(slash + 1);
  }
  return level;
}

// Cancels a group when it has waited long enough.
class Patience final : public Timer {
 public:
  Patience(Loop& loop, TaskGroup& group) : Timer(loop), group_(group) {
    arm(loop.now() + kPatience);
  }

 private:
  void expired() noexcept override { group_.cancel(); }
  TaskGroup& group_;
};

}  // namespace

bool is_pattern(std::string_view topic) noexcept {
  for (std::optional rest = topic; rest;) {
    const auto level = take_level(rest);
    if (level == "+" || (level == "#" && !rest)) return true;
  }
  return false;
}

bool topic_matches(std::string_view pattern, std::string_view topic) noexcept {
  if (topic.starts_with('$') && (pattern.starts_with('+') || pattern.starts_with('#')))
    return false;
  std::optional wanted = pattern;
  std::optional rest = topic;
  while (wanted) {
    const auto level = take_level(wanted);
    if (level == "#" && !wanted) return true;
    if (!rest) return false;
    const auto found = take_level(rest);
    if (level != "+" && level != found) return false;
  }
  return !rest;
}

Status check_topic(std::string_view topic) {
  if (topic.empty()) return Error{Code::kInvalidArgument, "the topic is empty"};
  if (topic.size() > kMaxTopicBytes) {
    return Error{Code::kInvalidArgument,
                 "the topic has more than " + std::to_string(kMaxTopicBytes) + " bytes"};
  }
  if (is_pattern(topic)) {
    return Error{Code::kInvalidArgument,
                 "topic \"" + std::string(topic) + "\" is a pattern: name one topic"};
  }
  return {};
}

const std::string* find_value(const Metadata& metadata, std::string_view name) {
  for (const auto& [key, value] : metadata) {
    if (!value.empty() && equals_ignoring_case(key, name)) return &value;
  }
  return nullptr;
}

Result<std::optional<std::int64_t>> ttl_seconds(const Metadata& metadata) {
  constexpr Duration kMax = std::chrono::hours(24 * 366 * 100);
  for (const std::string_view name : {"ttl", "ttlInSeconds"}) {
    const std::string* text = find_value(metadata, name);
    if (text == nullptr) continue;
    const auto ttl = parse_duration(trim(*text));
    if (!ttl || *ttl <= Duration::zero() || *ttl > kMax) {
      return Error{Code::kInvalidArgument,
                   std::string(name) + " must be a duration such as \"1m\" or a number of seconds" +
                       " over 0, not \"" + *text + "\""};
    }
    return std::optional(std::chrono::ceil<std::chrono::seconds>(*ttl).count());
  }
  return std::optional<std::int64_t>();
}

std::size_t bulk_count(const Metadata& metadata) {
  constexpr std::uint64_t kMost = 1000;
  const std::string* text = find_value(metadata, "maxBulkSubCount");
  const auto count = text == nullptr ? std::nullopt : parse_unsigned(*text);
  return static_cast<std::size_t>(std::clamp<std::uint64_t>(count.value_or(1), 1, kMost));
}

Task<Status> call_handler(const Handler* handler, Ctx ctx, Delivery delivery) {
  try {
    auto task = (*handler)(ctx, std::move(delivery));
    co_return co_await std::move(task);
  } catch (const std::exception& error) {
    co_return Error{Code::kInternal, std::string("exception in a handler: ") + error.what()};
  }
}

Task<void> close_gently(Loop* loop, TaskGroup* group) {
  const Patience patience(*loop, *group);
  co_await group->wait();
  co_await group->close();
}

}  // namespace edge::pubsub
