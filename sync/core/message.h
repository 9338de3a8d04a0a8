// What goes between a hub and the cloud, and the names of its parts.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge/base/time.h"

namespace edge::sync {

// How much a message matters: alarms go first and are never dropped for room; telemetry goes last.
enum class Class : std::uint8_t { kAlarm, kEvent, kTelemetry };
inline constexpr std::size_t kClasses = 3;
inline constexpr Class kAllClasses[kClasses] = {Class::kAlarm, Class::kEvent, Class::kTelemetry};
constexpr std::size_t index_of(Class cls) noexcept {
  return static_cast<std::size_t>(cls);
}
std::string_view name_of(Class cls) noexcept;

// Of what the hub itself says; no app's message has them.
inline constexpr std::string_view kOwnSource = "hub";
inline constexpr std::string_view kGapTopic = "gap";
inline constexpr std::string_view kLaneSwitchTopic = "lane-switch";

// Time that a hub has lived, as far as it knows: it never goes back. See HubClock.
using HubTime = std::chrono::milliseconds;

// The two clocks at the moment of an event.
struct Moment {
  TimePoint mono;
  WallTime wall;
};

// The moment as the machines see it.
struct Now {
  HubTime hub{0};
  HubTime awake{0};              // of this, the time that the hub was running
  std::optional<WallTime> wall;  // nothing while the wall clock is not set
};

// The next moment at which something is due. What is due already waits for another event.
struct Wake {
  HubTime now{0};
  HubTime at = HubTime::max();
  void consider(HubTime when) noexcept {
    if (when > now && when < at) at = when;
  }
};

// A lane and the generation of the assignment that put the hub into it.
struct Lane {
  std::string id = "base";
  std::uint64_t gen = 0;
  friend bool operator==(const Lane&, const Lane&) = default;
};

// What a publisher gives.
struct Message {
  Class cls = Class::kEvent;
  // CloudEvents' source. The messages of one class, source, topic and key are a stream: they are
  // numbered and keep their order.
  std::string source;
  std::string topic;  // without the lane's prefix
  std::string key;
  std::optional<Lane> lane;  // nothing: the lane that the hub is in
  std::string type;          // CloudEvents' type; "": the uplink's default
  std::string correlation;   // of a reply: the id of the command
  std::string attributes;    // more of the envelope; only the uplink reads them
  std::string body;
  HubTime ttl{0};  // 0: it does not expire
};

// A stream by its parts, and those in one text.
struct StreamName {
  Class cls = Class::kEvent;
  std::string source;
  std::string topic;
  std::string key;
  friend bool operator==(const StreamName&, const StreamName&) = default;
};
std::string to_text(const StreamName& name);
std::string stream_of(const Message& message);

// The place of a message in its stream. An epoch begins with each start of the hub; within an epoch
// numbers begin at 1 and have no gaps.
struct Number {
  std::uint32_t epoch = 0;
  std::uint64_t seq = 0;
  friend auto operator<=>(const Number&, const Number&) = default;
};
// 8 and 16 hexadecimal digits, which compare as text like the numbers do. Source: CloudEvents'
// extension "sequence".
std::string to_text(Number number);

// A message in the outbox.
struct Row {
  std::int64_t row = 0;  // rises within a class, is never used again
  std::string id;        // UUID, version 7
  Number number;
  Lane lane;              // stamped when it was accepted
  std::string lane_from;  // where the lane was changed afterwards: what it was
  HubTime enqueued{0};
  HubTime expires{0};  // 0: never
  std::shared_ptr<const Message> message;
};
using RowPtr = std::shared_ptr<const Row>;
std::size_t size_of(const Message& message) noexcept;

// Why messages that had been accepted will not come.
enum class Loss : std::uint8_t { kExpired, kDropped, kRefused, kUnsendable };
std::string_view name_of(Loss loss) noexcept;

// A record of messages that were accepted and are given up: all of a stream from `first` to `last`,
// which are of one epoch. One of them may have arrived all the same.
struct Gap {
  std::int64_t id = 0;
  StreamName stream;
  Lane lane;
  Number first;
  Number last;
  std::uint64_t count = 0;
  Loss why = Loss::kDropped;
  bool sent = false;  // it may have been: it does not grow any more
  friend bool operator==(const Gap&, const Gap&) = default;
};

// What a publisher wants to wait for.
enum class Durability : std::uint8_t { kCommitted, kCloud };

// What a publisher is told.
struct Receipt {
  Durability durability = Durability::kCommitted;
  std::string id;
  Number number;
};

// Whoever waits for an answer; 0: nobody does.
using Ticket = std::uint64_t;

}  // namespace edge::sync
