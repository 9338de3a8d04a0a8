// What happens to the sync engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "edge/base/result.h"
#include "sync/core/records.h"

namespace edge::sync {

// A connection to the cloud; they are counted, and what is said of an older one is ignored.
using Connection = std::uint64_t;

// What an acknowledgement of the cloud is about.
struct Token {
  enum class Kind : std::uint8_t { kRow, kGap };
  Kind kind = Kind::kRow;
  Class cls = Class::kEvent;
  std::int64_t id = 0;
  friend auto operator<=>(const Token&, const Token&) = default;
};

// The store has been read. The first event.
struct Opened {
  Stored stored;
  // The lane that the hub is in by the word of somebody at the hub; nothing: that of the store.
  std::optional<Move> hub;
  Connection connection = 0;  // the last one that there was, of an engine before this one
};
// Who says a message. What the hub says itself is never refused: it waits until there is room.
enum class From : std::uint8_t { kApp, kHub };
// A message is to be sent. It is answered once, with Answer, unless `ticket` is 0.
struct Enqueue {
  Ticket ticket = 0;
  Message message;
  Durability wanted = Durability::kCommitted;
  From from = From::kApp;
  std::uint64_t mark = 0;  // rises with what the hub says and asks for; 0: it does not ask for it
};
// Nobody waits for this ticket's answer any more.
struct Forget {
  Ticket ticket = 0;
};

// The store answers Commit, Load, Scan and LoadReply in the order in which they were given.
struct Committed {
  Status status;  // kResourceExhausted: the disk is full
};
struct Loaded {
  Class cls = Class::kEvent;
  Result<std::vector<RowPtr>> rows;
  bool complete = false;  // there are no more up to where they were asked for
};
struct Scanned {
  struct Stream {
    StreamName name;
    std::int64_t last_row = 0;
  };
  Class cls = Class::kEvent;
  Result<std::vector<Stream>> streams;
};
struct ReplyLoaded {
  std::string issuer;
  std::string id;
  std::string reply_to;
  Result<Reply> reply;
};

// The cloud can be published to.
struct Connected {
  Connection connection = 0;
  std::size_t window = 16;  // messages that may be on their way
};
// All subscriptions have been granted.
struct Subscribed {
  Connection connection = 0;
};
struct Lost {
  Connection connection = 0;
};
struct Acked {
  Connection connection = 0;
  Token token;
};
// The cloud will never take this message: it is given up.
struct Refused {
  Connection connection = 0;
  Token token;
};
// The cloud has not taken it, and may later.
enum class Return : std::uint8_t {
  kUnclaimed,  // nobody takes what goes to the lane's topic
  kForbidden,  // not at this topic
  kBusy,       // nothing at all now
};
struct Returned {
  Connection connection = 0;
  Token token;
  Return why = Return::kBusy;
};
// `delivery` is acknowledged with Acknowledge, when the store has what it said.
struct Received {
  Connection connection = 0;
  std::uint64_t delivery = 0;
  Command command;
};
struct Assigned {
  Connection connection = 0;
  std::uint64_t delivery = 0;
  Assignment assignment;
};
// A command has been carried out.
struct Executed {
  std::string issuer;
  std::string id;
  Reply reply;
};
// The hub is in another lane from now on. EnterLane follows when the store knows it.
struct Moved {
  Move move;
};
// What a lane needs is there, or is not to be had.
struct Prepared {
  std::uint64_t gen = 0;
  Status status;
};
// What the cloud has acknowledged is to leave the store now: the hub is about to stop.
struct Settle {};
// Time has passed: next_wake() has come.
struct Tick {};

using Event = std::variant<Opened, Enqueue, Forget, Committed, Loaded, Scanned, ReplyLoaded,
                           Connected, Subscribed, Lost, Acked, Refused, Returned, Received,
                           Assigned, Executed, Moved, Prepared, Settle, Tick>;

}  // namespace edge::sync
