#include <algorithm>
#include <optional>

#include "edge/base/strings.h"
#include "edge/daemon/resources/readers.h"
#include "edge/daemon/resources/value_reader.h"

namespace edge::daemon {
namespace {

constexpr std::size_t kTagDigits = 32;
constexpr std::size_t kLongestHeader = 64;
constexpr std::uint64_t kWholePercent = 100;
constexpr std::uint64_t kPartsOfPercent = 100;

bool is_header_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

void read_header(Fields& headers, std::string_view name, std::string& target) {
  std::string given;
  if (!headers.read(name, given)) return;
  given = to_lower(given);
  const bool plain = !given.empty() && given.size() <= kLongestHeader &&
                     std::ranges::all_of(given, is_header_character);
  if (!plain || given == "baggage") {
    headers.problem(name,
                    "expected a header's name of at most 64 letters, digits, '-' and '_', "
                    "other than baggage, got " +
                        in_quotes(given) + "; choose another name");
    return;
  }
  target = given;
}

void read_headers(Fields headers, policy::LaneHeaderNames& target) {
  read_header(headers, "lane", target.lane);
  read_header(headers, "user", target.user);
  read_header(headers, "device", target.device);
  if (target.lane == target.user || target.lane == target.device || target.user == target.device) {
    headers.problem("", "expected three different names; give each header its own");
  }
  headers.refuse_unknown();
}

void read_trust(Fields& item, policy::CallerTrust& target) {
  std::vector<std::string> names;
  if (!item.read("trust", names)) {
    item.problem("trust",
                 "missing; list what is believed of this caller: lane, user, device; or "
                 "[] for nothing");
  }
  target.lane = false;
  for (const std::string& name : names) {
    if (name == "lane") {
      target.lane = true;
    } else if (name == "user") {
      target.user = true;
    } else if (name == "device") {
      target.device = true;
    } else {
      item.problem("trust",
                   "expected lane, user or device, got " + in_quotes(name) + "; choose among them");
    }
  }
}

void read_callers(Fields& spec, LaneRules& rules) {
  spec.each("callers", [&rules](Fields& item) {
    std::string app;
    policy::CallerTrust trust;
    item.require("app", app, "name the app's id");
    read_trust(item, trust);
    const auto same = [&app](const auto& known) { return known.first == app; };
    if (!app.empty() && std::ranges::any_of(rules.callers, same)) {
      item.problem("app", in_quotes(app) + " is listed already; join the two");
    }
    rules.callers.emplace_back(std::move(app), trust);
    item.refuse_unknown();
  });
}

void read_device_topic(Fields& item, LaneRules& rules) {
  std::string pubsub;
  std::string topic;
  item.require("pubsub", pubsub, "name the pub/sub component");
  item.require("topic", topic, "write a topic such as sensors/{device}/+");
  item.refuse_unknown();
  if (topic.empty()) return;
  auto parsed = policy::DeviceTopic::parse(std::move(pubsub), std::move(topic));
  if (parsed) {
    rules.device_topics.push_back(std::move(*parsed));
  } else {
    item.problem("topic", parsed.error().message + "; mend the topic");
  }
}

// 2.5 is 250 of ten thousand; nothing where it is no such number.
std::optional<std::uint32_t> parse_percent(std::string_view text) {
  const std::size_t point = text.find('.');
  const auto whole = parse_unsigned(text.substr(0, point));
  if (!whole || *whole > kWholePercent) return std::nullopt;
  std::uint64_t parts = *whole * kPartsOfPercent;
  if (point != std::string_view::npos) {
    const std::string_view decimals = text.substr(point + 1);
    const auto rest = parse_unsigned(decimals);
    if (!rest || decimals.size() > 2) return std::nullopt;
    parts += decimals.size() == 1 ? *rest * 10 : *rest;
  }
  if (parts > kWholePercent * kPartsOfPercent) return std::nullopt;
  return static_cast<std::uint32_t>(parts);
}

void read_share(Fields& item, LaneRule& target) {
  std::string percent;
  if (!item.read("percent", percent)) {
    if (item.has("salt")) item.problem("salt", "is used with percent only; remove it");
    return;
  }
  const auto parts = parse_percent(percent);
  if (!parts) {
    item.problem("percent", "expected 0 to 100 with at most two decimals, got " +
                                in_quotes(percent) + "; write it as 2.5");
    return;
  }
  target.rule.share = policy::Share{target.lane, *parts};
  item.read("salt", target.rule.share->salt);
}

LaneRule read_common(Fields& item) {
  LaneRule target;
  target.source = item.source("lane");
  target.field = item.path("lane");
  if (!item.has("lane")) item.problem("lane", "missing; name the lane, or base");
  if (const auto id = read_lane_id(item, "lane", target.lane)) target.rule.lane = *id;
  std::int64_t priority = 0;
  item.read("priority", Range{-1'000'000, 1'000'000}, priority);
  target.rule.priority = static_cast<std::int32_t>(priority);
  item.read("prefixes", target.rule.prefixes);
  read_share(item, target);
  read_expires(item, target.expires);
  return target;
}

void check_used(Fields& item, const LaneRule& rule, std::string_view exact) {
  if (rule.rule.share || !rule.rule.prefixes.empty() || !rule.rule.exact.empty()) return;
  item.problem("", "matches nobody; add " + std::string(exact) + ", prefixes or percent");
}

void read_devices(Fields& spec, LaneRules& rules) {
  spec.each("devices", [&rules](Fields& item) {
    LaneRule rule = read_common(item);
    item.read("ids", rule.rule.exact);
    check_used(item, rule, "ids");
    item.refuse_unknown();
    rules.devices.push_back(std::move(rule));
  });
}

bool is_tag(std::string_view text) {
  return text.size() == kTagDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void read_tags(Fields& item, std::vector<std::string>& tags) {
  item.read("tags", tags);
  for (std::string& tag : tags) {
    tag = to_lower(tag);
    if (is_tag(tag)) continue;
    // Not shown: it may be somebody's id.
    item.problem("tags",
                 "expected 32 hexadecimal digits; print a user's tag with edgelane lane tag");
  }
}

void read_user(Fields& item, LaneRules& rules) {
  LaneRule rule = read_common(item);
  read_tags(item, rule.rule.exact);
  if (item.has("ids")) {
    item.problem("ids", "users stand here as tags only; write tags, each from edgelane lane tag");
  }
  check_used(item, rule, "tags");
  item.refuse_unknown();
  rules.users.push_back(std::move(rule));
}

void read_user_key(Fields& spec, LaneRules& rules) {
  Fields key = spec.map("userKey");
  if (key.is_present()) {
    rules.user_key = read_value(key, Origin::kOurs);
    const bool is_text = rules.user_key->from == Value::From::kText;
    if (is_text && rules.user_key->text.empty()) {
      key.problem("value", "expected a key, got nothing; write a long random text");
    }
    key.refuse_unknown();
    return;
  }
  const auto has_tags = [](const LaneRule& rule) { return !rule.rule.exact.empty(); };
  if (std::ranges::any_of(rules.users, has_tags)) {
    spec.problem("userKey", "missing, and users have tags; add the key that they were made with");
  }
}

}  // namespace

LaneRules read_lane_rules(Document& document) {
  LaneRules rules;
  rules.name = required_name(document);
  rules.source = document.source();
  Fields spec = document.root.map("spec");
  read_headers(spec.map("headers"), rules.headers);
  read_callers(spec, rules);
  spec.each("deviceTopics", [&rules](Fields& item) { read_device_topic(item, rules); });
  read_devices(spec, rules);
  spec.each("users", [&rules](Fields& item) { read_user(item, rules); });
  read_user_key(spec, rules);
  spec.refuse_unknown();
  rules.secret_store = read_own_secret_store(document, {&rules.user_key});
  document.root.refuse_unknown();
  return rules;
}

}  // namespace edge::daemon
