// What the sync machines keep in the store, beside messages and gaps, and how they write it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sync/core/hub_clock.h"
#include "sync/core/message.h"

namespace edge::sync {

// What a class holds.
struct Totals {
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  std::int64_t last_row = 0;  // the highest that was ever used
  friend bool operator==(const Totals&, const Totals&) = default;
};

struct Meta {
  std::uint32_t epoch = 0;
  ClockMark clock;
  friend bool operator==(const Meta&, const Meta&) = default;
};

// A command from the cloud. Its id is unique for its issuer.
struct Command {
  std::string id;
  std::string issuer;
  std::string subject;  // commands of one subject are carried out one after the other
  std::string reply_to;
  std::string payload;
  Lane lane;
  std::optional<WallTime> expires;
  bool idempotent = false;  // may be carried out again where a crash leaves it open
};

struct Reply {
  std::string status;  // ok, failed, rejected, expired, stale-lane, unknown
  int code = 0;
  std::string body;
};

enum class CommandState : std::uint8_t { kWaiting, kRunning, kDone };

struct InboxRow {
  Command command;  // without payload once it is done
  CommandState state = CommandState::kWaiting;
  HubTime received{0};
  HubTime keep_until{0};  // until then its id is known; time awake
  Reply reply;
};

// What becomes of messages that wait with the lane's name when the hub leaves it.
enum class DrainMode : std::uint8_t { kKeep, kRetag };
enum class OnExpiry : std::uint8_t { kKeep, kBase };

// The cloud's word on the hub's lane. Its signature has been checked.
struct Assignment {
  Lane lane;
  DrainMode drain = DrainMode::kKeep;
  HubTime drain_limit = std::chrono::minutes(10);
  HubTime probation = std::chrono::minutes(10);
  std::optional<WallTime> expires;
  OnExpiry on_expiry = OnExpiry::kKeep;
};

// Somebody at the hub has moved it to a lane, without the cloud.
struct Move {
  std::string lane;
  DrainMode drain = DrainMode::kKeep;
};

enum class LanePhase : std::uint8_t { kActive, kPrepare, kDrain, kProbation };
std::string_view name_of(LanePhase phase) noexcept;

// A lane that the hub has left; its commands are taken until then, and until its messages are gone.
struct LeftLane {
  std::string lane;
  HubTime until{0};
  friend bool operator==(const LeftLane&, const LeftLane&) = default;
};

// How the last assignment ended, where that is not the hub's lane; "": as the lane says.
struct LaneEnd {
  std::string status;  // failed, rolledback
  std::string detail;
  friend bool operator==(const LaneEnd&, const LaneEnd&) = default;
};

struct LaneState {
  LanePhase phase = LanePhase::kActive;
  Lane lane;           // what new messages get
  Lane previous;       // what is drained, and gone back to
  Assignment pending;  // in kPrepare: where the hub is going; else the last accepted one
  HubTime deadline{0};
  std::uint64_t highest_gen = 0;  // of all assignments that were ever taken up
  bool proven = false;            // the cloud was reached in the new lane
  std::vector<LeftLane> left;     // before `previous`
  LaneEnd end;                    // of that with the highest gen
};

// One change of the store. A Commit is one transaction of them, in their order.
struct InsertRow {
  RowPtr row;
};
struct RemoveRow {
  Class cls = Class::kEvent;
  std::int64_t row = 0;
};
// Rows of `from` up to `upto` but those in `except` get another lane; lane_from says what it was.
struct RetagRows {
  Class cls = Class::kEvent;
  std::string from;
  Lane to;
  std::int64_t upto = 0;
  std::vector<std::int64_t> except;
};
struct PutTotals {
  Class cls = Class::kEvent;
  Totals totals;
};
struct PutGap {
  Gap gap;
};
struct RemoveGap {
  std::int64_t id = 0;
};
struct PutMeta {
  Meta meta;
};
struct PutCommand {
  InboxRow row;
};
struct RemoveCommand {
  std::string issuer;
  std::string id;
};
struct PutLane {
  LaneState state;
};
using Write = std::variant<InsertRow, RemoveRow, RetagRows, PutTotals, PutGap, RemoveGap, PutMeta,
                           PutCommand, RemoveCommand, PutLane>;

// What the store held when it was opened.
struct Stored {
  Meta meta;
  std::array<Totals, kClasses> totals{};
  std::vector<Gap> gaps;
  std::vector<InboxRow> inbox;
  LaneState lane;
};

}  // namespace edge::sync
