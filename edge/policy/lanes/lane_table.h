// LaneTable: the lanes of a hub and who belongs to them, and the decision which lane a call is in.
//
// Built once, then only read, so that a reload puts a new table in the place of the old one.
// Source: sync reference §1.5.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/base/time.h"
#include "edge/policy/lanes/device_topic.h"
#include "edge/policy/lanes/lane_id.h"
#include "edge/policy/lanes/white_list.h"

namespace edge::policy {

// kStrict: a call fails where the lane has no healthy instance; else it goes to the baseline.
enum class LaneMode : std::uint8_t { kPermissive, kStrict };

struct LaneSpec {
  LaneId id;
  LaneMode mode = LaneMode::kPermissive;
  bool inherited = true;          // whether a call that says it is in this lane is believed
  bool secrets_fallback = false;  // whether it may read the baseline's secrets
  bool declared = false;          // by a Lane resource, rather than only by an app's
  std::string uplink_prefix;
  std::vector<std::string> consumers;  // topic filters that the lane consumes in the cloud
  std::optional<WallTime> expires;
  bool expired = false;  // nobody is in it any more
};

// What decided; kNone: nothing has, as the hub has no lanes.
enum class LaneSource : std::uint8_t { kNone, kInherited, kUser, kDevice, kApp, kHub, kDefault };
std::string_view to_text(LaneSource source) noexcept;

// The lane of a call or a message on its way through the hub.
struct LaneContext {
  LaneId lane;
  LaneSource source = LaneSource::kNone;
  LaneMode mode = LaneMode::kPermissive;
  bool known = true;  // false: it named a lane that the hub does not know, and is the baseline's

  [[nodiscard]] bool decided() const noexcept { return source != LaneSource::kNone; }
  // Whether the next hop has to be told, so that it decides nothing else.
  [[nodiscard]] bool travels() const noexcept {
    return decided() && source != LaneSource::kDefault;
  }
};

// What is known of a call at the entry; what is not believed is left out.
struct LaneQuestion {
  std::optional<std::string_view> inherited;  // the lane's name as it came
  std::string_view user;
  std::string_view device;
  LaneId app;  // of the instance that calls
  LaneId hub;  // what the hub is assigned to
};

// What is believed of a caller beside who it is.
struct CallerTrust {
  bool lane = true;
  bool user = false;
  bool device = false;
};

// Names of headers, in lower case.
struct LaneHeaderNames {
  std::string lane = "x-lane";
  std::string user = "x-user-id";
  std::string device = "x-device-id";
};

// Gives the tag of a user: HMAC-SHA256 of the id, its first 16 bytes as 32 hexadecimal digits.
using UserTag = std::string (*)(std::string_view key, std::string_view user);

class LaneTable {
 public:
  LaneHeaderNames headers;
  WhiteList devices;
  WhiteList users;  // its exact entries are tags
  std::vector<DeviceTopic> device_topics;
  std::string user_key;
  UserTag user_tag = nullptr;  // not null where users.has_exact()

  // A lane that is there already is not added again.
  void add(LaneSpec spec);
  void trust(std::string app_id, CallerTrust trust) {
    callers_.emplace_back(std::move(app_id), trust);
  }

  [[nodiscard]] const std::vector<LaneSpec>& lanes() const noexcept { return lanes_; }
  [[nodiscard]] const std::vector<std::pair<std::string, CallerTrust>>& callers() const noexcept {
    return callers_;
  }
  // Null for the baseline, and for a lane that is not known or has expired.
  [[nodiscard]] const LaneSpec* find(LaneId id) const noexcept;
  // The same, of lanes that have expired, too.
  [[nodiscard]] const LaneSpec* find_any(LaneId id) const noexcept;
  [[nodiscard]] CallerTrust trust_in(std::string_view app_id) const noexcept;
  // Whether there is nothing here that could put a call into a lane.
  [[nodiscard]] bool empty() const noexcept {
    return lanes_.empty() && devices.empty() && users.empty();
  }
  // Whether devices write to this bus, so that nothing is believed that its messages say of lanes.
  [[nodiscard]] bool is_of_devices(std::string_view pubsub) const noexcept;
  // The device that a message of a bus comes from; "" where its topic does not tell.
  [[nodiscard]] std::string_view device_of(std::string_view pubsub,
                                           std::string_view topic) const noexcept;

  // Inherited, else user list, else device list, else the caller's own lane, else the hub's, else
  // the baseline. A lane that is not known is the baseline, and the decision stands.
  [[nodiscard]] LaneContext decide(const LaneQuestion& question) const;

 private:
  [[nodiscard]] LaneContext in(LaneId lane, LaneSource source) const noexcept;
  [[nodiscard]] std::optional<LaneContext> inherit(std::string_view name) const noexcept;
  [[nodiscard]] std::optional<LaneId> lane_of_user(std::string_view user) const;

  std::vector<LaneSpec> lanes_;
  std::vector<std::pair<std::string, CallerTrust>> callers_;  // by app id
};

}  // namespace edge::policy
