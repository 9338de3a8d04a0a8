// Saves the cursors of pubsub.sqlite and deletes what nobody needs any more, in batches.
//
// A crash delivers again what was processed since the last save, at most kMaxUnsaved messages of a
// consumer or a second's. Messages are deleted after the cursors that have passed them are saved,
// in one transaction.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "components/pubsub/consumer.h"
#include "edge/loop/sync.h"
#include "edge/store/writer.h"

namespace edge::pubsub {

using Topics = std::map<std::string, std::unique_ptr<Topic>, std::less<>>;

class Keeper {
 public:
  // All of them outlive it.
  Keeper(Source& source, Topics& topics, const std::shared_ptr<store::Writer>& writer);

  // Works until cancelled.
  Task<void> run(Ctx ctx);
  // Saves what is not saved. Legal when run() has ended.
  Task<void> save_all();

  // A cursor has `unsaved` changes.
  void cursor_changed(std::size_t unsaved);
  // A message was stored.
  void topic_grew(const Topic& topic);
  // Publishing was refused for lack of space: what is not needed goes as soon as it can, until
  // publishing works again.
  void space_is_short();
  void space_is_there() noexcept { short_of_space_ = false; }

 private:
  class Alarm final : public Timer {
   public:
    Alarm(Loop& loop, Event& due) : Timer(loop), due_(due) {}

   private:
    void expired() noexcept override { due_.set(); }
    Event& due_;
  };
  enum class Reach : std::uint8_t { kCursors, kFullTopics, kEverything };

  struct Save {
    Consumer* consumer = nullptr;
    std::size_t changes = 0;
  };
  struct Sweep {
    std::int64_t topic = 0;
    std::int64_t from = 0;  // both included
    std::int64_t to = 0;
    std::vector<std::int64_t> keep;  // ascending, up to `to`
    std::vector<std::int64_t> done;  // before `from`
    queue::Limits limits;
  };
  struct Swept {
    std::int64_t dropped_before = 0;
    bool finished = false;  // else there is more to delete
  };
  // What one transaction does.
  struct Work {
    std::vector<queue::TopicRow> topics;  // that may not be in the file
    std::vector<queue::CursorRow> rows;
    std::vector<std::int64_t> ended;
    std::vector<Sweep> sweeps;
  };
  struct Round {
    std::uint32_t generation = 0;  // of the file, where the round is done
    Work work = {};
    std::vector<Save> saves = {};                        // of work.rows
    std::vector<std::unique_ptr<Consumer>> absent = {};  // of work.ended
    std::vector<Topic*> swept = {};                      // of work.sweeps
  };
  using Sweeps = std::vector<Swept>;

  Reach next_reach();
  Round plan(Reach reach);
  void plan_restore(Round& round);
  void plan_saves(const Topic& topic, Round& round) const;
  void plan_ends(Topic& topic, Round& round) const;
  void plan_sweep(Topic& topic, Reach reach, Round& round) const;
  [[nodiscard]] queue::Limits limits_of(const Topic& topic) const;
  [[nodiscard]] bool is_full(const Topic& topic) const;
  Task<Status> do_round(Round* round);
  void finish(const Round& round, const Sweeps& swept);
  static Result<Sweeps> do_work(store::Db& db, const Work& work, const std::string& component);
  static Result<Swept> sweep(store::Db& db, const Sweep& sweep);

  Source& source_;
  Topics& topics_;
  const std::shared_ptr<store::Writer>& writer_;
  Event due_;
  Alarm save_alarm_;
  Alarm tick_;
  bool failing_ = false;
  bool short_of_space_ = false;
  std::uint32_t generation_;  // of the file when all topics and cursors were in it
};

}  // namespace edge::pubsub
