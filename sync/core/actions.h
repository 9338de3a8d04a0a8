// What the sync engine wants done.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sync/core/events.h"

namespace edge::sync {

// One transaction; answered with Committed when a power cut can no longer undo it. At most one is
// under way.
struct Commit {
  std::vector<Write> writes;
};
// The first rows of a class after `after` and up to `upto`; answered with Loaded.
struct Load {
  Class cls = Class::kEvent;
  std::int64_t after = 0;
  std::int64_t upto = 0;
  std::size_t max_rows = 0;
  std::size_t max_bytes = 0;  // at least one row, whatever its size
};
// The streams of the rows up to `upto`; answered with Scanned. Errors: kResourceExhausted where
// there are more than `max_streams`.
struct Scan {
  Class cls = Class::kEvent;
  std::int64_t upto = 0;
  std::size_t max_streams = 0;
};
struct LoadReply {
  std::string issuer;
  std::string id;
  std::string reply_to;
};

// Answered with Connected, or Lost.
struct Connect {
  Connection connection = 0;
};
// Answered with Lost, as every end of a connection is.
struct Disconnect {
  Connection connection = 0;
  std::string reason;  // what the cloud did not do
};
// The topics of commands for these lanes; those of other lanes are given up. Answered with
// Subscribed.
struct Subscribe {
  Connection connection = 0;
  std::vector<std::string> lanes;
};
// By whose topic a message of a lane goes.
enum class Way : std::uint8_t { kLane, kBase };
// Answered with Acked, Refused or Returned, unless the connection ends.
struct SendRow {
  Connection connection = 0;
  RowPtr row;
  HubTime remaining{0};  // until it expires; 0: never
  Way way = Way::kLane;
};
// A message is given up, as the cloud ended so many connections for it; answered with nothing.
struct SetAside {
  RowPtr row;
  unsigned connections = 0;
};
struct SendGap {
  Connection connection = 0;
  Gap gap;
  Way way = Way::kLane;
};
// The hub is there; retained by the cloud, and answered with nothing.
struct SendPresence {
  Connection connection = 0;
  Lane lane;
  std::uint32_t epoch = 0;
  std::array<Totals, kClasses> queued{};
};
// How the hub stands to an assignment; retained by the cloud, and answered with nothing.
struct SendLaneReport {
  Connection connection = 0;
  std::uint64_t gen = 0;
  std::string status;  // preparing, active, failed, rolledback, stale
  std::string detail;
  Lane lane;
};
struct Acknowledge {
  Connection connection = 0;
  std::uint64_t delivery = 0;
};

// A command that came again gets no answer this time, as too many wait; answered with nothing.
struct LeaveUnanswered {
  std::string issuer;
  std::string id;
};

// Answered with Executed, once.
struct Execute {
  Command command;
};
// Answers an Enqueue.
struct Answer {
  Ticket ticket = 0;
  Result<Receipt> receipt;
};
// Gets what a lane needs: its configuration, its secrets. Answered with Prepared.
struct Prepare {
  Assignment assignment;
};
enum class Stay : std::uint8_t { kOn, kPassing };
// The hub is in this lane from now on.
struct EnterLane {
  Lane lane;
  std::uint64_t undone = 0;  // the assignment that was taken back, or is over; 0: none
  Stay stay = Stay::kOn;     // kPassing: a move by hand came later, and is next
};

using Action = std::variant<Commit, Load, Scan, LoadReply, Connect, Disconnect, Subscribe, SendRow,
                            SetAside, SendGap, SendPresence, SendLaneReport, Acknowledge,
                            LeaveUnanswered, Execute, Answer, Prepare, EnterLane>;
using Actions = std::vector<Action>;

}  // namespace edge::sync
