#include "sync/run/envelope.h"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/strings.h"
#include "edge/net/mqtt/topic.h"
#include "sync/core/hub_clock.h"

namespace edge::sync {
namespace {

constexpr std::string_view kEventType = "io.edgelane.event.v1";
constexpr std::string_view kGapType = "io.edgelane.gap.v1";
constexpr std::string_view kJsonType = "application/json";
constexpr std::size_t kMaxHubId = 24;
constexpr std::size_t kMaxName = 256;

std::string source_of(const std::string& hub, const std::string& source) {
  return source == kOwnSource ? "/h/" + hub : "/h/" + hub + "/" + source;
}

// More of the envelope, as the publisher gave it. It cannot take the place of what is ours.
nlohmann::json attributes_of(const Message& message) {
  if (message.attributes.empty()) return nlohmann::json::object();
  auto more = parse_json(message.attributes);
  if (!more || !more->is_object()) return nlohmann::json::object();
  return std::move(*more);
}

bool is_json(std::string_view type) {
  type = trim(type.substr(0, type.find(';')));
  return equals_ignoring_case(type, kJsonType) || type.ends_with("+json");
}

void put_data(nlohmann::json& event, const std::string& body) {
  const auto given = event.find("datacontenttype");
  const bool is_given = given != event.end() && given->is_string();
  if (!is_given || is_json(given->get_ref<const std::string&>())) {
    auto data = parse_json(body);
    if (data) {
      event["datacontenttype"] = is_given ? *given : nlohmann::json(kJsonType);
      event["data"] = std::move(*data);
      return;
    }
  }
  if (is_utf8(body)) {
    event["data"] = body;
  } else {
    event["data_base64"] = base64_encode(body);
  }
}

void put_lane(nlohmann::json& event, const Lane& lane) {
  event["lane"] = lane.id;
  event["lanegen"] = lane.gen;
}

nlohmann::json to_json(const Totals& totals) {
  return {{"rows", totals.rows}, {"bytes", totals.bytes}};
}

Status check_topic(const std::string& topic) {
  if (auto fine = mqtt::check_topic(topic); !fine) {
    return std::move(fine).error().within("topic of a message for the cloud");
  }
  if (topic != kGapTopic && topic != kLaneSwitchTopic) return {};
  return Error{Code::kInvalidArgument,
               "only the hub itself says anything to the cloud at the topic " + topic};
}

Status check_name(std::string_view what, std::string_view name, std::size_t limit) {
  if (name.size() <= limit && is_utf8(name) && name.find('\0') == std::string_view::npos) return {};
  return Error{Code::kInvalidArgument, std::string(what) + " of a message for the cloud: at most " +
                                           std::to_string(limit) + " bytes of UTF-8, without NUL"};
}

}  // namespace

std::optional<WallTime> time_of_id(std::string_view uuid) {
  constexpr std::size_t kDigits = 12;
  std::int64_t milliseconds = 0;
  std::size_t digits = 0;
  for (const char c : uuid.substr(0, kDigits + 1)) {
    if (c == '-') continue;
    const bool letter = c >= 'a' && c <= 'f';
    if (!letter && (c < '0' || c > '9')) return std::nullopt;
    milliseconds = milliseconds * 16 + (letter ? c - 'a' + 10 : c - '0');
    ++digits;
  }
  const WallTime time{std::chrono::milliseconds(milliseconds)};
  if (digits != kDigits || time < HubClock::kSet) return std::nullopt;
  return time;
}

Status check_hub_id(std::string_view id) {
  const auto is_fine = [](char c) {
    const char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  if (!id.empty() && id.size() <= kMaxHubId && std::ranges::all_of(id, is_fine)) return {};
  return Error{Code::kInvalidArgument,
               "the hub's id '" + std::string(id.substr(0, 64)) +
                   "' must be 1 to 24 characters of a-z, A-Z, 0-9, - and _"};
}

Status check_message(const Message& message, std::size_t max_bytes) {
  if (auto fine = check_topic(message.topic); !fine) return fine;
  if (message.source == kOwnSource) {
    return Error{
        Code::kInvalidArgument,
        "an app with the id hub would speak to the cloud as the hub itself: give it another "
        "id"};
  }
  if (message.lane && !is_lane_id(message.lane->id)) {
    return Error{Code::kInvalidArgument, "lane of a message for the cloud: '" +
                                             message.lane->id.substr(0, 64) +
                                             "' is not a small letter and up to 15 small letters, "
                                             "digits or '-'"};
  }
  if (!message.correlation.empty()) {
    return Error{Code::kInvalidArgument, "only the hub itself replies to commands"};
  }
  const std::pair<std::string_view, std::string_view> names[] = {{"the topic", message.topic},
                                                                 {"the source", message.source},
                                                                 {"the key", message.key},
                                                                 {"the type", message.type}};
  for (const auto& [what, name] : names) {
    if (auto fine = check_name(what, name, kMaxName); !fine) return fine;
  }
  const std::size_t bytes = message.body.size() + message.attributes.size();
  if (bytes <= max_bytes) return {};
  return Error{Code::kInvalidArgument, "a message for the cloud has " + std::to_string(bytes) +
                                           " bytes, and may have " + std::to_string(max_bytes)};
}

std::string Envelope::prefix_of(const Lane& lane, Way way, const std::string& topic) const {
  return way == Way::kLane && ways_.takes(lane.id, topic) ? ways_.prefix(lane.id) : std::string();
}

Publication Envelope::row(const SendRow& send, WallTime wall) const {
  const Row& row = *send.row;
  const Message& message = *row.message;
  nlohmann::json event = attributes_of(message);
  event["specversion"] = "1.0";
  event["id"] = row.id;
  event["source"] = source_of(hub_, message.source);
  event["type"] = message.type.empty() ? std::string(kEventType) : message.type;
  if (!event.contains("subject")) event["subject"] = message.topic;
  if (!message.key.empty()) event["partitionkey"] = message.key;
  if (const auto time = time_of_id(row.id)) event["time"] = to_rfc3339(*time);
  event["sequence"] = to_text(row.number);
  event["class"] = name_of(message.cls);
  put_lane(event, row.lane);
  if (!row.lane_from.empty()) event["lanefrom"] = row.lane_from;
  if (send.remaining > HubTime(0) && wall >= HubClock::kSet) {
    event["expirytime"] = to_rfc3339(wall + send.remaining);
  }
  if (!message.correlation.empty()) event["correlationid"] = message.correlation;
  if (send.way == Way::kBase) event["lanefallback"] = 1;
  put_data(event, message.body);
  // A reply goes where the command wanted it, which was looked at when the command came.
  const bool is_reply = !message.correlation.empty();
  const auto prefix = is_reply ? std::string() : prefix_of(row.lane, send.way, message.topic);
  return {.topic = is_reply ? message.topic : prefix + "e1/u/" + hub_ + "/" + message.topic,
          .payload = dump_json(event),
          .lane = row.lane.id == kBaseLane ? std::string() : row.lane.id,
          .remaining = send.remaining,
          .audience = prefix.empty() ? Audience::kAny : Audience::kSomebody};
}

Publication Envelope::gap(const SendGap& send) const {
  const Gap& gap = send.gap;
  nlohmann::json event = {{"specversion", "1.0"},
                          {"id", "gap-" + to_text(gap.first) + "-" + std::to_string(gap.id)},
                          {"source", source_of(hub_, std::string(kOwnSource))},
                          {"type", kGapType},
                          {"subject", gap.stream.topic},
                          {"datacontenttype", kJsonType}};
  put_lane(event, gap.lane);
  event["data"] = {{"class", name_of(gap.stream.cls)},
                   {"source", source_of(hub_, gap.stream.source)},
                   {"topic", gap.stream.topic},
                   {"key", gap.stream.key},
                   {"first", to_text(gap.first)},
                   {"last", to_text(gap.last)},
                   {"count", gap.count},
                   {"why", name_of(gap.why)}};
  const auto prefix = prefix_of(gap.lane, send.way, gap.stream.topic);
  return {.topic = prefix + "e1/u/" + hub_ + "/" + std::string(kGapTopic),
          .payload = dump_json(event),
          .audience = prefix.empty() ? Audience::kAny : Audience::kSomebody};
}

Publication Envelope::presence(const SendPresence& send) const {
  nlohmann::json status = {{"st", "on"},      {"epoch", send.epoch},  {"connseq", send.connection},
                           {"proto", {1, 1}}, {"lane", send.lane.id}, {"gen", send.lane.gen}};
  for (const Class cls : kAllClasses) {
    status["q"][std::string(name_of(cls))] = to_json(send.queued[index_of(cls)]);
  }
  return {.topic = "e1/s/" + hub_, .payload = dump_json(status), .keep = Keep::kLatest};
}

Publication Envelope::farewell(std::uint32_t epoch, Connection connection) const {
  const nlohmann::json status = {{"st", "off"}, {"epoch", epoch}, {"connseq", connection}};
  return {.topic = "e1/s/" + hub_, .payload = dump_json(status), .keep = Keep::kLatest};
}

Publication Envelope::lane_report(const SendLaneReport& send) const {
  nlohmann::json report = {{"gen", send.gen}, {"status", send.status}, {"lane", send.lane.id}};
  if (!send.detail.empty()) report["detail"] = send.detail;
  return {.topic = "e1/r/" + hub_ + "/lane", .payload = dump_json(report), .keep = Keep::kLatest};
}

Publication Envelope::report(const std::string& what, const std::string& payload) const {
  return {.topic = "e1/r/" + hub_ + "/" + what, .payload = payload, .keep = Keep::kLatest};
}

std::vector<std::string> Envelope::filters(const std::vector<std::string>& lanes) const {
  std::vector<std::string> all = {"e1/l/" + hub_};
  for (const std::string& lane : lanes) all.push_back(ways_.prefix(lane) + "e1/d/" + hub_);
  return all;
}

}  // namespace edge::sync
