// A consumer of a durable topic: one app with its cursor, and the app's subscriptions, which share
// what comes.
//
// A message goes to one of the subscriptions, and again until a handler has succeeded. Messages are
// read from the database when their turn comes, so that an app that is behind costs no memory.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "components/database.h"
#include "components/pubsub/cursor.h"
#include "components/pubsub/pubsub.h"
#include "components/pubsub/queue_table.h"
#include "components/pubsub/sqlite_options.h"
#include "edge/loop/loop.h"
#include "edge/loop/sync.h"
#include "edge/loop/task_group.h"

namespace edge::pubsub {

// What the consumers of a bus share; outlives them.
struct Source {
  Loop& loop;
  std::string component;
  SqliteOptions options;
  components::Database& database;
  std::function<void(std::size_t unsaved)> changed;  // a cursor is to be saved
};

class Consumer;

struct Topic {
  std::int64_t id = 0;
  std::string name;
  std::int64_t last = 0;       // the number that was given last
  std::int64_t committed = 0;  // every message up to it is on the disk, or failed
  std::int64_t total = 0;      // bytes of all messages so far
  std::vector<std::unique_ptr<Consumer>> consumers;
  // For the Keeper: every message up to `swept` is deleted but those in `left`.
  std::int64_t swept = 0;
  std::vector<std::int64_t> left;
  bool sweep_on = false;            // the last sweep left something to do
  std::int64_t swept_at = 0;        // `committed` at the last sweep
  std::int64_t swept_at_total = 0;  // `total` then
};

class Consumer {
 public:
  Consumer(Source& source, const Topic& topic, queue::CursorRow row);
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  [[nodiscard]] const std::string& app() const noexcept { return row_.app; }
  [[nodiscard]] bool subscribed() const noexcept { return !taps_.empty(); }
  // `together`: how many messages a bulk subscription takes at a time; they come without regard to
  // keys. 1 for any other. Errors: of reading where the consumer stands.
  Result<std::unique_ptr<Subscription>> subscribe(Handler handler, std::size_t together);
  // There may be something to deliver.
  void wake();
  // Legal once every subscription is closed.
  Task<void> close();

  // The cursor as it is to be saved, and how many changes it has that were not.
  [[nodiscard]] queue::CursorRow row() const;
  [[nodiscard]] std::size_t unsaved() const noexcept { return changes_ - saved_; }
  // The row that was given after `changes` is saved.
  void saved(std::size_t changes) noexcept { saved_ = changes; }
  [[nodiscard]] std::size_t changes() const noexcept { return changes_; }
  // Notes that the app is there still; true where it has been away for too long.
  bool tend();
  // Its row in the database may be one of before.
  void note_lost_row();
  // Messages before `end` are gone.
  void dropped_before(std::int64_t end);

 private:
  class Tap;
  class Alarm final : public Timer {
   public:
    explicit Alarm(Consumer& consumer) : Timer(consumer.source_.loop), consumer_(consumer) {}

   private:
    void expired() noexcept override { consumer_.work_.set(); }
    Consumer& consumer_;
  };

  Status load();
  Task<void> run(Ctx ctx);
  void pump();
  void set_alarm(TimePoint when);
  Status look_ahead();
  Result<std::vector<queue::Head>> heads(std::int64_t from, std::int64_t to, std::size_t limit);
  Tap* free_tap();
  void add(const queue::Head& head);
  Task<void> deliver(Ctx ctx, Tap* tap, Cursor::Turn turn);
  std::optional<Delivery> next_delivery(Cursor::Turn turn);
  void settle(const Ctx& ctx, Cursor::Turn turn, const Status& done);
  void fail(Cursor::Turn turn, const Error& error);
  void leave(const Tap* tap);
  void note_change();
  void note_missed(std::int64_t count);
  [[nodiscard]] Duration pause_after(unsigned failures) const;
  [[nodiscard]] std::int64_t now_seconds() const;

  Source& source_;
  const Topic& topic_;
  queue::CursorRow row_;  // its state counts until the cursor is loaded
  std::optional<Cursor> cursor_;
  std::vector<Tap*> taps_;
  std::size_t changes_ = 0;
  std::size_t saved_ = 0;
  std::int64_t missed_ = 0;  // since it last had everything
  Event work_;
  Alarm alarm_;
  TaskGroup group_;  // last: its tasks use the above
};

}  // namespace edge::pubsub
