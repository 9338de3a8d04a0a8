// The tables of pubsub.sqlite: topics, the cursors of their consumers, and messages.
//
// A message's row id is its topic's id and its number in the topic together, so that the messages
// of a topic are one range of the one table, and no index is written. Numbers rise and are never
// used again: whoever deletes messages notes the last number. No thread of its own: each function
// is given the connection to use. Times are Unix seconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "components/pubsub/cursor.h"
#include "edge/base/result.h"
#include "edge/store/db.h"

namespace edge::pubsub::queue {

struct MessageRow {
  std::int64_t topic = 0;
  std::int64_t seq = 0;
  std::int64_t time = 0;
  std::optional<std::int64_t> expires;
  std::int64_t total = 0;  // bytes of all messages of the topic up to this one
  std::optional<std::string> key;
  std::optional<std::string> metadata;  // as JSON
  std::string data;
};

struct TopicRow {
  std::int64_t id = 0;
  std::string name;
  std::int64_t last = 0;   // the highest number that was ever used
  std::int64_t total = 0;  // of the last message that is there
};

struct CursorRow {
  std::int64_t id = 0;
  std::int64_t topic = 0;
  std::string app;
  CursorState state;
  std::int64_t seen = 0;  // when the app was last subscribed
};

// A message as far as the order of delivery needs it.
struct Head {
  std::int64_t seq = 0;
  std::string key;
};

// What a message must have to be kept.
struct Limits {
  std::int64_t time = 0;   // at least, unless the clock was not set then
  std::int64_t total = 0;  // more than
  std::int64_t seq = 0;    // at least
};

// Before then a clock is not set yet, and a time that it gave says nothing about an age.
inline constexpr std::int64_t kClockIsSet = 1'577'836'800;  // 2020-01-01

// May run inside a transaction.
Status create(store::Db& db);

Result<std::vector<TopicRow>> topics(store::Db& db, const std::string& component);
Result<std::vector<CursorRow>> cursors(store::Db& db, const std::string& component);

// Makes the topic if need be. A cursor that is there already stays as it is.
Result<CursorRow> add_cursor(store::Db& db, const std::string& component, const std::string& topic,
                             const CursorRow& row);
// Also where the row is not there.
Status save_cursor(store::Db& db, const CursorRow& row);
Status remove_cursor(store::Db& db, std::int64_t id);

Status insert(store::Db& db, const MessageRow& row);
// The first `limit` messages from `from` to `to`, both included.
Result<std::vector<Head>> heads(store::Db& db, std::int64_t topic, std::int64_t from,
                                std::int64_t to, std::size_t limit);
// Nothing where it is no longer there.
Result<std::optional<MessageRow>> read(store::Db& db, std::int64_t topic, std::int64_t seq);

// How much is deleted at once: the message that uses `bytes` up still goes.
struct Most {
  std::size_t rows = 0;
  std::int64_t bytes = 0;
  [[nodiscard]] bool used_up() const noexcept { return rows == 0 || bytes <= 0; }
};
// What was deleted: every message before `end` is gone.
struct Dropped {
  std::int64_t end = 0;
  std::size_t count = 0;
  std::int64_t bytes = 0;
};
// Deletes the messages at the topic's old end that are beyond the limits.
Result<Dropped> drop_old(store::Db& db, std::int64_t topic, const Limits& limits, Most most);
// Deletes the messages from `from` to `to`, the first ones first.
Result<Dropped> remove(store::Db& db, std::int64_t topic, std::int64_t from, std::int64_t to,
                       Most most);
// Leaves one that is there as it is.
Status put_topic(store::Db& db, const std::string& component, const TopicRow& row);
Status note_last(store::Db& db, std::int64_t topic, std::int64_t last);

}  // namespace edge::pubsub::queue
