#include "components/pubsub/keeper.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "components/store_call.h"
#include "edge/base/log.h"

namespace edge::pubsub {
namespace {

constexpr std::string_view kLogScope = "edge.pubsub.sqlite";
constexpr std::size_t kMaxUnsaved = 64;
constexpr Duration kSaveDelay = std::chrono::seconds(1);
constexpr Duration kRetryDelay = std::chrono::seconds(5);
constexpr Duration kTick = std::chrono::seconds(60);
// A range that is as long is worth a transaction of its own; and as many rows go in one.
constexpr std::int64_t kWorthSweeping = 256;
constexpr std::size_t kSweepRows = 1024;
constexpr std::int64_t kSweepBytes = 4 << 20;

}  // namespace

Keeper::Keeper(Source& source, Topics& topics, const std::shared_ptr<store::Writer>& writer)
    : source_(source),
      topics_(topics),
      writer_(writer),
      due_(source.loop),
      save_alarm_(source.loop, due_),
      tick_(source.loop, due_),
      generation_(writer->generation()) {}

void Keeper::cursor_changed(std::size_t unsaved) {
  if (unsaved >= kMaxUnsaved && !failing_) {
    due_.set();
  } else if (!save_alarm_.armed()) {
    save_alarm_.arm(source_.loop.now() + kSaveDelay);
  }
}

void Keeper::topic_grew(const Topic& topic) {
  if (is_full(topic) && !failing_) due_.set();
}

void Keeper::space_is_short() {
  if (!std::exchange(short_of_space_, true) && !failing_) due_.set();
}

// Whether as much has come since the last sweep that the topic may be beyond its limits.
bool Keeper::is_full(const Topic& topic) const {
  const auto& options = source_.options;
  const std::int64_t messages =
      std::clamp<std::int64_t>(options.retention_messages / 4, 1, kWorthSweeping);
  return topic.committed - topic.swept_at >= messages ||
         topic.total - topic.swept_at_total >= options.retention_bytes.count / 4;
}

Task<void> Keeper::run(Ctx ctx) {
  tick_.arm(source_.loop.now() + kTick);
  while (true) {
    const auto due = co_await due_.wait(ctx);
    if (!due || ctx.cancelled()) co_return;
    due_.reset();
    const Reach reach = next_reach();
    Round round = plan(reach);
    const auto done = co_await do_round(&round);
    if (!done) save_alarm_.arm(source_.loop.now() + kRetryDelay);
    for (const auto& consumer : round.absent) co_await consumer->close();
  }
}

Task<void> Keeper::save_all() {
  save_alarm_.disarm();
  tick_.disarm();
  Round round = plan(Reach::kCursors);
  const auto done = co_await do_round(&round);
  if (!done) {
    log::warn(kLogScope, "messages that were processed will be delivered again",
              {{"component", source_.component}});
  }
}

Keeper::Reach Keeper::next_reach() {
  if (tick_.armed() && !short_of_space_) return Reach::kFullTopics;
  tick_.arm(source_.loop.now() + kTick);
  return Reach::kEverything;
}

Keeper::Round Keeper::plan(Reach reach) {
  Round round{.generation = generation_};
  if (generation_ != writer_->generation()) plan_restore(round);
  for (const auto& [name, topic] : topics_) {
    if (reach == Reach::kEverything) plan_ends(*topic, round);
    plan_saves(*topic, round);
    if (reach != Reach::kCursors) plan_sweep(*topic, reach, round);
  }
  return round;
}

// The file was opened again, and may have been replaced by what could be read of it.
void Keeper::plan_restore(Round& round) {
  round.generation = writer_->generation();
  for (const auto& [name, topic] : topics_) {
    round.work.topics.push_back({.id = topic->id, .name = name, .last = topic->committed});
    for (const auto& consumer : topic->consumers) consumer->note_lost_row();
  }
}

// Forgets the consumers that have been away for too long.
void Keeper::plan_ends(Topic& topic, Round& round) const {
  for (auto& consumer : topic.consumers) {
    if (!consumer->tend()) continue;
    log::warn(kLogScope, "an app has not subscribed for too long and is forgotten",
              {{"component", source_.component}, {"topic", topic.name}, {"app", consumer->app()}});
    round.work.ended.push_back(consumer->row().id);
    round.absent.push_back(std::move(consumer));
  }
  std::erase(topic.consumers, nullptr);
}

void Keeper::plan_saves(const Topic& topic, Round& round) const {
  for (const auto& consumer : topic.consumers) {
    if (consumer->unsaved() == 0) continue;
    round.saves.push_back({consumer.get(), consumer->changes()});
    round.work.rows.push_back(consumer->row());
  }
}

// What every consumer has passed may go, and what is beyond the limits.
void Keeper::plan_sweep(Topic& topic, Reach reach, Round& round) const {
  Sweep sweep{.topic = topic.id, .from = topic.swept + 1, .to = topic.committed};
  std::vector<CursorState> states;
  for (const auto& consumer : topic.consumers) states.push_back(consumer->row().state);
  for (const CursorState& state : states) sweep.to = std::min(sweep.to, state.position);
  const bool stored = topic.committed > topic.swept || !topic.left.empty();
  const bool worth = sweep.to - topic.swept >= kWorthSweeping || is_full(topic) || topic.sweep_on;
  if (!worth && (reach != Reach::kEverything || !stored)) return;

  std::set<std::int64_t> keep;
  for (const CursorState& state : states) keep.insert(state.open.begin(), state.open.end());
  sweep.keep.assign(keep.begin(), keep.upper_bound(sweep.to));
  std::ranges::set_difference(topic.left, sweep.keep, std::back_inserter(sweep.done));
  sweep.limits = limits_of(topic);
  topic.swept_at = topic.committed;
  topic.swept_at_total = topic.total;
  round.work.sweeps.push_back(std::move(sweep));
  round.swept.push_back(&topic);
}

queue::Limits Keeper::limits_of(const Topic& topic) const {
  const auto& options = source_.options;
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(source_.loop.wall_now().time_since_epoch())
          .count();
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(options.retention_age).count();
  return {.time = now < queue::kClockIsSet ? 0 : now - age,
          .total = topic.total - options.retention_bytes.count,
          .seq = topic.last - options.retention_messages + 1};
}

Task<Status> Keeper::do_round(Round* round) {
  const Work& work = round->work;
  if (work.rows.empty() && work.ended.empty() && work.sweeps.empty()) co_return Status();
  auto job = [shared = std::make_shared<const Work>(work), component = source_.component](
                 store::Db& db) { return do_work(db, *shared, component); };
  auto swept = co_await components::store_call<Sweeps>(&source_.loop, Ctx::background(), writer_,
                                                       std::move(job));
  if (swept) {
    finish(*round, *swept);
    co_return Status();
  }
  for (Topic* topic : round->swept) topic->sweep_on = true;
  if (!std::exchange(failing_, true)) {
    log::error(kLogScope, "saving what was processed failed",
               {{"component", source_.component}, {"error", swept.error().message}});
  }
  co_return std::move(swept).error();
}

void Keeper::finish(const Round& round, const Sweeps& swept) {
  failing_ = false;
  generation_ = round.generation;
  for (const Save& save : round.saves) save.consumer->saved(save.changes);
  for (std::size_t i = 0; i < swept.size(); ++i) {
    Topic& topic = *round.swept[i];
    for (const auto& consumer : topic.consumers) consumer->dropped_before(swept[i].dropped_before);
    topic.sweep_on = !swept[i].finished;
    if (topic.sweep_on) {
      due_.set();
      continue;
    }
    topic.swept = std::max(topic.swept, round.work.sweeps[i].to);
    topic.left = round.work.sweeps[i].keep;
  }
}

Result<Keeper::Sweeps> Keeper::do_work(store::Db& db, const Work& work,
                                       const std::string& component) {
  Sweeps answers;
  for (const auto& topic : work.topics) {
    if (auto put = queue::put_topic(db, component, topic); !put) return std::move(put).error();
  }
  // First: a file that is full has room again for the rest.
  for (const Sweep& one : work.sweeps) {
    auto swept = sweep(db, one);
    if (!swept) return std::move(swept).error();
    answers.push_back(*swept);
  }
  for (const auto& row : work.rows) {
    if (auto saved = queue::save_cursor(db, row); !saved) return std::move(saved).error();
  }
  for (const std::int64_t id : work.ended) {
    if (auto removed = queue::remove_cursor(db, id); !removed) return std::move(removed).error();
  }
  return answers;
}

Result<Keeper::Swept> Keeper::sweep(store::Db& db, const Sweep& sweep) {
  queue::Most most{.rows = kSweepRows, .bytes = kSweepBytes};
  const auto dropped = queue::drop_old(db, sweep.topic, sweep.limits, most);
  if (!dropped) return dropped.error();
  std::size_t removed = dropped->count;
  most.rows -= dropped->count;
  most.bytes -= dropped->bytes;
  for (const std::int64_t seq : sweep.done) {
    const auto gone = queue::remove(db, sweep.topic, seq, seq, {.rows = 1, .bytes = kSweepBytes});
    if (!gone) return gone.error();
    removed += gone->count;
  }
  std::int64_t from = sweep.from;
  for (std::size_t i = 0; i <= sweep.keep.size() && !most.used_up(); ++i) {
    const std::int64_t to = i < sweep.keep.size() ? sweep.keep[i] - 1 : sweep.to;
    const auto gone = queue::remove(db, sweep.topic, from, to, most);
    if (!gone) return gone.error();
    removed += gone->count;
    most.rows -= gone->count;
    most.bytes -= gone->bytes;
    from = std::max(from, to + 2);
  }
  if (removed > 0) {
    auto noted = queue::note_last(db, sweep.topic, std::max(sweep.to, dropped->end - 1));
    if (!noted) return std::move(noted).error();
  }
  return Swept{.dropped_before = dropped->end, .finished = !most.used_up()};
}

}  // namespace edge::pubsub
