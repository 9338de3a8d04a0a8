// Envelope: what goes to the cloud, as topics and CloudEvents.
//
// Source: the sync protocol "e1" (topics, envelope, presence); CloudEvents 1.0, MQTT binding,
// structured mode.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sync/core/actions.h"
#include "sync/run/lane_ways.h"
#include "sync/run/uplink.h"

namespace edge::sync {

// When a message was accepted, from its id; nothing where the clock was not set then.
std::optional<WallTime> time_of_id(std::string_view uuid);

// A hub's id: 1 to 24 characters of a-z, A-Z, 0-9, '-', '_'. Errors: kInvalidArgument.
Status check_hub_id(std::string_view id);

// Whether a publisher's message can be sent at all. Errors: kInvalidArgument, saying what is wrong.
Status check_message(const Message& message, std::size_t max_bytes);

class Envelope {
 public:
  // `ways` outlives it.
  explicit Envelope(std::string hub, const LaneWays& ways = LaneWays::by_name())
      : hub_(std::move(hub)), ways_(ways) {}

  [[nodiscard]] const std::string& hub() const noexcept { return hub_; }
  // `wall` is when it is sent.
  [[nodiscard]] Publication row(const SendRow& send, WallTime wall) const;
  [[nodiscard]] Publication gap(const SendGap& send) const;
  [[nodiscard]] Publication presence(const SendPresence& send) const;
  // What the broker says when the connection breaks.
  [[nodiscard]] Publication farewell(std::uint32_t epoch, Connection connection) const;
  [[nodiscard]] Publication lane_report(const SendLaneReport& send) const;
  [[nodiscard]] Publication report(const std::string& what, const std::string& payload) const;

  // What the cloud says to this hub in these lanes.
  [[nodiscard]] std::vector<std::string> filters(const std::vector<std::string>& lanes) const;

 private:
  // What stands before the topic of what an app published, and "" where the baseline takes it.
  [[nodiscard]] std::string prefix_of(const Lane& lane, Way way, const std::string& topic) const;

  std::string hub_;
  const LaneWays& ways_;
};

}  // namespace edge::sync
