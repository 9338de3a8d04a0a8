#include "edge/api/http/subscription_list.h"

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/log.h"
#include "edge/base/strings.h"

namespace edge::api {
namespace {

using Json = nlohmann::json;
using blocks::SubscriptionText;

constexpr std::size_t kMaxSubscriptions = 1000;

Error invalid(std::string what) {
  return {Code::kInvalidArgument, std::move(what)};
}

// Sets `to` where the member is there.
Status read_text(const Json& object, std::string_view name, std::string& to) {
  auto text = string_member(object, name);
  if (!text) return text.error();
  if (*text) to = std::move(**text);
  return {};
}

// Nothing where the member is absent. Errors: it is of another type.
Result<const Json*> member_of(const Json& object, std::string_view name, Json::value_t type) {
  const Json* member = find_member(object, name);
  if (member == nullptr || member->type() == type) return member;
  const char* expected = type == Json::value_t::array ? "an array" : "an object";
  return invalid("member \"" + std::string(name) + "\" is not " + expected);
}

Status read_metadata(const Json& entry, SubscriptionText& text) {
  const auto metadata = member_of(entry, "metadata", Json::value_t::object);
  if (!metadata) return metadata.error();
  if (*metadata == nullptr) return {};
  for (const auto& [name, value] : (*metadata)->items()) {
    if (!value.is_string()) return invalid("metadata \"" + name + "\" is not a string");
    text.metadata[name] = value.get<std::string>();
  }
  return {};
}

Status read_rules(const Json& routes, SubscriptionText& text) {
  const auto rules = member_of(routes, "rules", Json::value_t::array);
  if (!rules) return rules.error();
  if (*rules == nullptr) return {};
  for (const Json& rule : **rules) {
    blocks::RuleText& read = text.rules.emplace_back();
    if (auto done = read_text(rule, "match", read.match); !done) return done;
    if (auto done = read_text(rule, "path", read.path); !done) return done;
  }
  return {};
}

Status read_routes(const Json& entry, SubscriptionText& text) {
  std::string path;
  if (auto done = read_text(entry, "route", path); !done) return done;
  const auto routes = member_of(entry, "routes", Json::value_t::object);
  if (!routes) return routes.error();
  if (*routes != nullptr) {
    if (auto done = read_rules(**routes, text); !done) return done;
    if (auto done = read_text(**routes, "default", path); !done) return done;
  }
  if (!path.empty()) text.default_path = std::move(path);
  return {};
}

Status read_bulk(const Json& entry, SubscriptionText& text) {
  const auto bulk = member_of(entry, "bulkSubscribe", Json::value_t::object);
  if (!bulk) return bulk.error();
  if (*bulk == nullptr) return {};
  const auto enabled = bool_member(**bulk, "enabled");
  const auto most = int_member(**bulk, "maxMessagesCount");
  const auto await = int_member(**bulk, "maxAwaitDurationMs");
  if (!enabled) return enabled.error();
  if (!most) return most.error();
  if (!await) return await.error();
  text.bulk.enabled = enabled->value_or(false);
  // What is not over 0 stands for the default.
  if (most->value_or(0) > 0) text.bulk.max_messages = static_cast<std::size_t>(**most);
  if (await->value_or(0) > 0) text.bulk.max_await = std::chrono::milliseconds(**await);
  return {};
}

Result<SubscriptionText> read_entry(const Json& entry) {
  if (!entry.is_object()) return invalid("an entry is not an object");
  SubscriptionText text;
  text.origin = blocks::Origin::kProgrammatic;
  Status done = read_text(entry, "pubsubname", text.pubsub);
  if (done) done = read_text(entry, "topic", text.topic);
  if (done) done = read_text(entry, "deadLetterTopic", text.dead_letter_topic);
  if (done) done = read_routes(entry, text);
  if (done) done = read_metadata(entry, text);
  if (done) done = read_bulk(entry, text);
  if (!done) return done.error();
  return text;
}

bool has_route(const SubscriptionText& text) {
  return !text.rules.empty() || text.default_path;
}

}  // namespace

Result<std::vector<blocks::TopicSubscription>> parse_subscription_list(std::string_view app,
                                                                       std::string_view body) {
  std::vector<blocks::TopicSubscription> list;
  if (trim(body).empty()) return list;
  const auto entries = parse_json(body);
  if (!entries) return entries.error();
  if (entries->is_null()) return list;
  if (!entries->is_array()) return invalid("the list of subscriptions is not an array");
  if (entries->size() > kMaxSubscriptions) return invalid("there are more than 1000 subscriptions");
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const std::string which = "subscription " + std::to_string(i + 1);
    auto text = read_entry((*entries)[i]);
    if (!text) return text.error().within(which);
    if (!has_route(*text)) {
      log::warn("edge.pubsub", "a subscription without a route is left out",
                {{"app", std::string(app)}, {"pubsub", text->pubsub}, {"topic", text->topic}});
      continue;
    }
    auto built = blocks::TopicSubscription::build(std::move(*text));
    if (!built) return built.error().within(which);
    list.push_back(std::move(*built));
  }
  return list;
}

}  // namespace edge::api
