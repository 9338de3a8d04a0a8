#include "sync/run/downlink.h"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/rfc3339.h"
#include "edge/base/strings.h"
#include "edge/net/tls/signed_json.h"

namespace edge::sync {
namespace {

constexpr std::size_t kMaxId = 128;
constexpr std::size_t kMaxName = 256;
constexpr std::int64_t kMaxSeconds = std::int64_t{366} * 24 * 3600;

Error wrong(std::string what) {
  return {Code::kInvalidArgument, std::move(what)};
}

// The lane whose topic `name` this is; nothing where it is another topic.
std::optional<std::string> lane_of(const LaneWays& ways, std::string_view topic,
                                   const std::string& name) {
  if (!topic.ends_with(name)) return std::nullopt;
  return ways.lane_at(topic.substr(0, topic.size() - name.size()));
}

// Members of one JSON object; the first thing that is wrong with them is kept.
class Members {
 public:
  explicit Members(const nlohmann::json& object) : object_(object) {}

  std::string text(std::string_view name, std::size_t limit) {
    auto found = string_member(object_, name);
    if (!found) return fail(found.error().message);
    std::string value = found->value_or("");
    if (value.size() > limit) {
      return fail(std::string(name) + " has more than " + std::to_string(limit) + " bytes");
    }
    if (!is_utf8(value)) return fail(std::string(name) + " is not UTF-8");
    return value;
  }
  std::string needed(std::string_view name, std::size_t limit) {
    std::string value = text(name, limit);
    if (value.empty()) fail(std::string(name) + " is missing");
    return value;
  }
  std::int64_t number(std::string_view name, std::int64_t fallback, std::int64_t most) {
    const auto found = int_member(object_, name);
    if (!found) {
      fail(found.error().message);
      return fallback;
    }
    const std::int64_t value = found->value_or(fallback);
    if (value >= 0 && value <= most) return value;
    fail(std::string(name) + " is not within 0 and " + std::to_string(most));
    return fallback;
  }
  std::optional<WallTime> time(std::string_view name) {
    const std::string written = text(name, kMaxName);
    if (written.empty()) return std::nullopt;
    const auto time = parse_rfc3339(written);
    if (!time) fail(std::string(name) + " is not a time as in RFC 3339");
    return time;
  }
  // Which of two words it is; the first one where it is absent.
  bool is_second(std::string_view name, std::string_view first, std::string_view second) {
    const std::string word = text(name, kMaxName);
    if (!word.empty() && word != first && word != second) {
      fail(std::string(name) + " is neither '" + std::string(first) + "' nor '" +
           std::string(second) + "'");
    }
    return word == second;
  }
  std::string fail(std::string what) {
    if (error_.empty()) error_ = std::move(what);
    return {};
  }
  [[nodiscard]] const std::string& error() const noexcept { return error_; }

 private:
  const nlohmann::json& object_;
  std::string error_;
};

constexpr std::int64_t kMaxGen = std::int64_t{1} << 62;

Result<Downlink> read_command(const DownlinkOptions& options, std::string lane,
                              const nlohmann::json& event) {
  Members members(event);
  Command command{.id = members.needed("id", kMaxId),
                  .issuer = members.needed("source", kMaxName),
                  .subject = members.text("subject", kMaxName),
                  .reply_to = members.text("replyto", kMaxName),
                  .payload = {},
                  .lane = {std::move(lane), 0},
                  .expires = members.time("expirytime")};
  command.lane.gen = static_cast<std::uint64_t>(members.number("lanegen", 0, kMaxGen));
  if (!members.error().empty()) return wrong(members.error());
  const std::string replies = "e1/a/" + options.hub;
  if (!command.reply_to.empty() && !lane_of(options.ways, command.reply_to, replies)) {
    command.reply_to = options.ways.prefix(command.lane.id) + replies;
  }
  const auto data = event.find("data");
  if (data != event.end()) {
    const auto idempotent = bool_member(*data, "idempotent");
    if (!idempotent) return wrong(idempotent.error().message);
    command.idempotent = idempotent->value_or(false);
    command.payload = dump_json(*data);
  }
  return Downlink(std::move(command));
}

// Signed for this hub: what another one was told, nobody can tell this one.
Status check_signature(const DownlinkOptions& options, const nlohmann::json& document) {
  if (options.keys == nullptr) return {};
  if (!tls::is_signed(document, *options.keys)) {
    return Error{Code::kPermissionDenied,
                 "the assignment is not signed by any of the Uplink's signingKeys"};
  }
  const auto hub = string_member(document, "hub");
  if (hub && hub->value_or("") == options.hub) return {};
  return Error{Code::kPermissionDenied,
               "the assignment is not signed for this hub: its \"hub\" is "
               "not " +
                   options.hub};
}

Result<Assignment> assignment_of(const DownlinkOptions& options, const nlohmann::json& document) {
  if (auto fine = check_signature(options, document); !fine) return std::move(fine).error();
  Members members(document);
  Assignment assignment;
  assignment.lane.id = members.needed("lane", kMaxLaneId);
  assignment.lane.gen = static_cast<std::uint64_t>(members.number("gen", 0, kMaxGen));
  if (members.is_second("drain", "keep", "retag")) assignment.drain = DrainMode::kRetag;
  if (members.is_second("on_expire", "keep", "base")) assignment.on_expiry = OnExpiry::kBase;
  const auto seconds = [&](std::string_view name, HubTime fallback) -> HubTime {
    const auto count = std::chrono::duration_cast<std::chrono::seconds>(fallback).count();
    return std::chrono::seconds(members.number(name, count, kMaxSeconds));
  };
  assignment.drain_limit = seconds("drain_max_s", assignment.drain_limit);
  assignment.probation = seconds("probation_s", assignment.probation);
  assignment.expires = members.time("expires");
  if (!members.error().empty()) return wrong(members.error());
  if (!is_lane_id(assignment.lane.id)) {
    return wrong("lane '" + assignment.lane.id +
                 "' is not a small letter and up to 15 small letters, digits or '-'");
  }
  if (assignment.lane.gen == 0) return wrong("gen is missing");
  return assignment;
}

}  // namespace

Result<Assignment> read_assignment(const DownlinkOptions& options, const std::string& text) {
  const auto document = parse_json(text);
  if (!document) return document.error();
  if (!document->is_object()) return wrong("it is no JSON object");
  return assignment_of(options, *document);
}

Result<Downlink> read_downlink(const DownlinkOptions& options, const Delivery& delivery) {
  if (delivery.payload.empty()) return Downlink();
  const bool is_assignment = delivery.topic == "e1/l/" + options.hub;
  auto lane = lane_of(options.ways, delivery.topic, "e1/d/" + options.hub);
  if (!is_assignment && !lane) return wrong("nothing is known about this topic");
  auto document = parse_json(delivery.payload);
  if (!document) return std::move(document).error();
  if (!document->is_object()) return wrong("it is no JSON object");
  if (!is_assignment) return read_command(options, std::move(*lane), *document);
  auto assignment = assignment_of(options, *document);
  if (!assignment) return std::move(assignment).error();
  return Downlink(std::move(*assignment));
}

}  // namespace edge::sync
