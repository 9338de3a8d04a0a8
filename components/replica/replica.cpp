#include "components/replica/replica.h"

#include <utility>

#include "components/store_call.h"
#include "edge/base/log.h"

namespace edge::replica {
namespace {

constexpr Duration kWriteEvery = std::chrono::hours(1);

std::size_t size_of(const Step& step) {
  std::size_t bytes = sizeof step;
  for (const Difference& one : step.differences) {
    bytes += sizeof one + counted(one.key, one.before) + counted(one.key, one.after);
  }
  for (const auto& [key, value] : step.kept) bytes += sizeof value + counted(key, value);
  return bytes;
}

}  // namespace

Replica::Replica(const components::Context& context, std::string name, std::string scope,
                 Limits limits)
    : context_(context),
      limits_(limits),
      database_(context_),
      table_(std::make_shared<const ReplicaTable>(std::move(name), std::move(scope))),
      one_at_a_time_(context_.loop, 1) {}

Task<Status> Replica::open(Ctx ctx, std::string path) {
  auto found = std::make_shared<components::Found<Content>>();
  components::DatabaseOptions file;
  file.how.schema = [table = table_, found](store::Db& db) -> Status {
    if (auto made = ReplicaTable::create(db); !made) return made;
    auto content = table->load(db);
    if (!content) return std::move(content).error();
    found->put(std::move(*content));
    return {};
  };
  file.path = std::move(path);
  file.writer.name = context_.name;
  file.reading = components::Reading::kWriterOnly;
  auto opened = co_await database_.open(ctx, std::move(file));
  if (!opened) co_return opened;
  Content loaded = found->take();
  generations_.load(std::move(loaded.values), std::move(loaded.proven), std::move(loaded.guard));
  cursor_ = std::move(loaded.cursor);
  as_of_ = loaded.as_of;
  can_resume_ = loaded.complete;
  has_state_ = loaded.complete || !values().empty();
  opened_ = written_ = context_.loop.now();
  if (guard().standing == Standing::kProven) co_return Status();
  co_return co_await note_start();
}

std::shared_ptr<Step> Replica::begin(Cursor cursor) const {
  auto step = std::make_shared<Step>();
  step->cursor = std::move(cursor);
  step->as_of = context_.loop.wall_now();
  return step;
}

// Counts the start, until close() says that it ended well.
Task<Status> Replica::note_start() {
  auto step = begin(cursor_);
  const WallTime now = context_.loop.wall_now();
  if (guard().standing == Standing::kRefused && generations_.checks()) {
    can_resume_ = false;  // other keys may be known by now
    co_return Status();
  }
  if (!health_ || guard().standing == Standing::kRefused) {
    generations_.plan_proof(*step, now, guard().witnesses);
  } else if (guard().standing == Standing::kRolledBack) {
    co_return Status();
  } else if (guard().starts + 1 >= kMostStarts) {
    generations_.plan_rollback(*step, now,
                               "the hub has ended " + std::to_string(kMostStarts) +
                                   " times on probation without being told to");
  } else {
    generations_.plan_starts(*step, guard().starts + 1);
  }
  co_return co_await commit_guard(step);
}

Task<void> Replica::close() {
  if (guard().starts > 0) {
    auto step = begin(cursor_);
    generations_.plan_starts(*step, 0);
    auto done = co_await commit_guard(step);
    if (!done) {
      log::warn("edge.configuration", "that the hub ends in order is not kept",
                {{"component", context_.name}, {"error", done.error().message}});
    }
  }
  co_await database_.close();
}

Task<Result<Applied>> Replica::replace(Values all, Cursor cursor) {
  auto whole = std::make_shared<const Values>(std::move(all));
  auto acquired = co_await one_at_a_time_.acquire(Ctx::background());
  if (!acquired) co_return std::move(acquired).error();
  const Permit permit(one_at_a_time_);
  Differences differences = generations_.differences_to(*whole);
  co_return co_await take_over(std::move(differences), std::move(cursor), whole);
}

Task<Result<Applied>> Replica::apply(std::vector<Change> changes, Cursor cursor) {
  auto acquired = co_await one_at_a_time_.acquire(Ctx::background());
  if (!acquired) co_return std::move(acquired).error();
  const Permit permit(one_at_a_time_);
  Differences differences = generations_.differences_to(std::move(changes));
  co_return co_await take_over(std::move(differences), std::move(cursor), nullptr);
}

Generations::Witnesses Replica::witnesses() const {
  if (!health_ || !has_state()) return std::nullopt;
  std::set<std::string> all = health_->well();
  const bool may_come_up = context_.loop.now() - opened_ < kStartUp;
  if (guard().standing == Standing::kProven && may_come_up) {
    all.insert(guard().witnesses.begin(), guard().witnesses.end());
  }
  return all;
}

Task<Result<Applied>> Replica::take_over(Differences differences, Cursor cursor,
                                         std::shared_ptr<const Values> all) {
  auto step = begin(std::move(cursor));
  step->differences = std::move(differences);
  generations_.plan(*step, cursor_, witnesses());
  auto room = check_room(step->keys, step->bytes, limits_);
  if (!room) co_return std::move(room).error();
  auto done = co_await commit(step, std::move(all));
  if (!done) co_return std::move(done).error();
  generations_.take(*step);
  cursor_ = step->cursor;
  as_of_ = step->as_of;
  written_ = context_.loop.now();
  has_state_ = true;
  can_resume_ = true;
  co_return step;
}

Task<void> Replica::confirm(Cursor cursor) {
  cursor_ = std::move(cursor);
  as_of_ = context_.loop.wall_now();
  if (context_.loop.now() - written_ < kWriteEvery) co_return;
  auto step = begin(cursor_);
  step->keys = source_keys();
  written_ = context_.loop.now();
  auto done = co_await commit(step, nullptr);
  if (done) co_return;
  log::warn("edge.configuration", "the time at which values were current is not kept",
            {{"component", context_.name}, {"error", done.error().message}});
}

Task<Result<Applied>> Replica::prove(std::uint64_t trial) {
  Plan plan = [this](Step& step) {
    generations_.plan_proof(step, context_.loop.wall_now(),
                            health_ ? health_->well() : std::set<std::string>());
  };
  return end_trial(trial, std::move(plan));
}

Task<Result<Applied>> Replica::roll_back(std::uint64_t trial, std::string reason) {
  Plan plan = [this, reason = std::move(reason)](Step& step) {
    generations_.plan_rollback(step, context_.loop.wall_now(), reason);
  };
  return end_trial(trial, std::move(plan));
}

Task<Result<Applied>> Replica::end_trial(std::uint64_t trial, Plan plan) {
  auto acquired = co_await one_at_a_time_.acquire(Ctx::background());
  if (!acquired) co_return std::move(acquired).error();
  const Permit permit(one_at_a_time_);
  if (guard().standing != Standing::kOnProbation || generations_.trial() != trial) {
    co_return Error{Code::kAborted, "that probation is over"};
  }
  auto step = begin(cursor_);
  plan(*step);
  auto done = co_await commit_guard(step);
  if (!done) co_return std::move(done).error();
  co_return step;
}

Task<Status> Replica::commit_guard(Applied step) {
  const std::size_t size = size_of(*step);
  auto write = [table = table_, step](store::Db& db) { return table->write_guard(db, *step); };
  auto done = co_await run(std::move(write), size);
  if (done) generations_.take(*step);
  co_return done;
}

Task<Status> Replica::commit(Applied step, std::shared_ptr<const Values> all) {
  const std::size_t size = size_of(*step);
  auto write = [table = table_, step, all](store::Db& db) {
    return all ? table->replace(db, *step, *all) : table->write(db, *step);
  };
  co_return co_await run(std::move(write), size);
}

// Once it has begun it is waited for: memory follows what is on the disk.
Task<Status> Replica::run(Write write, std::size_t size) {
  auto job = [write = std::move(write)](store::Db& db) -> Result<bool> {
    auto done = write(db);
    if (!done) return std::move(done).error();
    return true;
  };
  auto done = co_await components::store_call<bool>(&context_.loop, Ctx::background(),
                                                    database_.writer(), std::move(job), size);
  if (!done) co_return std::move(done).error();
  co_return Status();
}

}  // namespace edge::replica
