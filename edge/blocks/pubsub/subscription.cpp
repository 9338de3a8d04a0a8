#include "edge/blocks/pubsub/subscription.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "edge/base/strings.h"

namespace edge::blocks {
namespace {

constexpr std::size_t kMaxBulk = 10'000;
constexpr std::size_t kMaxRules = 100;
constexpr Duration kMaxAwait = std::chrono::minutes(5);

Error invalid(std::string what) {
  return {Code::kInvalidArgument, std::move(what)};
}

Status check(const SubscriptionText& text) {
  if (text.pubsub.empty()) return invalid("the name of the pubsub is empty");
  if (text.topic.empty()) return invalid("the topic is empty");
  if (text.dead_letter_topic == text.topic) {
    return invalid("deadLetterTopic is the topic itself: what fails would come again for ever");
  }
  if (text.rules.empty() && !text.default_path) return invalid("there is no route");
  if (text.rules.size() > kMaxRules) return invalid("there are more than 100 rules");
  const BulkDelivery& bulk = text.bulk;
  if (bulk.max_messages == 0 || bulk.max_messages > kMaxBulk) {
    return invalid("maxMessagesCount is not between 1 and 10000");
  }
  if (bulk.max_await <= Duration::zero() || bulk.max_await > kMaxAwait) {
    return invalid("maxAwaitDurationMs is not between 1 and 300000");
  }
  return {};
}

bool same_topic(const TopicSubscription& a, const TopicSubscription& b) {
  return a.pubsub() == b.pubsub() && a.topic() == b.topic();
}

void add_first(std::vector<TopicSubscription>& to, const TopicSubscription& one) {
  const auto same = [&one](const TopicSubscription& known) { return same_topic(known, one); };
  if (std::none_of(to.begin(), to.end(), same)) to.push_back(one);
}

}  // namespace

Result<TopicSubscription> TopicSubscription::build(SubscriptionText text) {
  if (auto ok = check(text); !ok) return ok.error();
  TopicSubscription made;
  auto raw = raw_payload(text.metadata);
  if (!raw) return raw.error();
  made.raw_ = *raw;
  for (std::size_t i = 0; i < text.rules.size(); ++i) {
    const RuleText& rule = text.rules[i];
    if (trim(rule.match).empty()) {
      made.rules_.push_back({std::nullopt, rule.path});
      continue;
    }
    auto match = cel::Expression::compile(rule.match);
    if (!match) return match.error().within("rule " + std::to_string(i + 1));
    made.rules_.push_back({std::move(*match), rule.path});
  }
  if (text.default_path) made.rules_.push_back({std::nullopt, *text.default_path});
  made.text_ = std::move(text);
  return made;
}

bool TopicSubscription::is_for(std::string_view app_id) const {
  const auto& scopes = text_.scopes;
  return scopes.empty() || std::find(scopes.begin(), scopes.end(), app_id) != scopes.end();
}

bool TopicSubscription::has_conditions() const noexcept {
  return rules_.front().match.has_value();
}

Result<std::optional<std::string>> TopicSubscription::route(const nlohmann::json& event) const {
  for (const Rule& rule : rules_) {
    if (!rule.match) return rule.path;
    const auto held = rule.match->holds(event);
    if (!held) return held.error().within("rule '" + rule.match->text() + "'");
    if (*held) return rule.path;
  }
  return std::nullopt;
}

std::vector<TopicSubscription> subscriptions_of(std::string_view app_id,
                                                const std::vector<TopicSubscription>& declared,
                                                const std::vector<TopicSubscription>& own) {
  std::vector<TopicSubscription> all;
  for (const TopicSubscription& one : own) add_first(all, one);
  for (const TopicSubscription& one : declared) {
    if (one.is_for(app_id)) add_first(all, one);
  }
  return all;
}

bool is_raw_payload(std::string_view name) noexcept {
  return equals_ignoring_case(name, "rawPayload");
}

Result<bool> raw_payload(const pubsub::Metadata& metadata) {
  for (const auto& [name, value] : metadata) {
    if (!is_raw_payload(name) || value.empty()) continue;
    for (const std::string_view yes : {"1", "t", "T", "TRUE", "true", "True"}) {
      if (value == yes) return true;
    }
    for (const std::string_view no : {"0", "f", "F", "FALSE", "false", "False"}) {
      if (value == no) return false;
    }
    return invalid("rawPayload value must be a valid boolean: actual is '" + value + "'");
  }
  return false;
}

}  // namespace edge::blocks
