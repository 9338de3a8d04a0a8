#include "components/replica/replica.h"

#include <map>
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
  return bytes;
}

}  // namespace

Replica::Replica(const components::Context& context, std::string name, std::string scope,
                 Limits limits)
    : context_(context),
      limits_(limits),
      database_(context_),
      table_(std::make_shared<const ReplicaTable>(std::move(name), std::move(scope))) {}

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
  values_ = std::move(loaded.values);
  for (const auto& [key, value] : values_) bytes_ += counted(key, value);
  cursor_ = std::move(loaded.cursor);
  as_of_ = loaded.as_of;
  can_resume_ = loaded.complete;
  has_state_ = loaded.complete || !values_.empty();
  written_ = context_.loop.now();
  co_return Status();
}

std::vector<Change> Replica::changes_to(const Values& all) const {
  std::vector<Change> changes;
  for (const auto& [key, value] : values_) {
    if (!all.contains(key)) changes.push_back({key, std::nullopt});
  }
  for (const auto& [key, value] : all) {
    const auto found = values_.find(key);
    if (found == values_.end() || found->second != value) changes.push_back({key, value});
  }
  return changes;
}

// Of several changes of one key the last counts.
Differences Replica::differences_to(std::vector<Change> changes) const {
  std::map<std::string, std::optional<Value>> last;
  for (Change& change : changes) last[std::move(change.key)] = std::move(change.value);
  Differences differences;
  for (auto& [key, value] : last) {
    const auto found = values_.find(key);
    std::optional<Value> before;
    if (found != values_.end()) before = found->second;
    if (before != value) differences.push_back({key, std::move(before), std::move(value)});
  }
  return differences;
}

Task<Result<Applied>> Replica::replace(Values all, Cursor cursor) {
  auto whole = std::make_shared<const Values>(std::move(all));
  Differences differences = differences_to(changes_to(*whole));
  co_return co_await go(std::move(differences), std::move(cursor), whole);
}

Task<Result<Applied>> Replica::apply(std::vector<Change> changes, Cursor cursor) {
  Differences differences = differences_to(std::move(changes));
  co_return co_await go(std::move(differences), std::move(cursor), nullptr);
}

Task<Result<Applied>> Replica::go(Differences differences, Cursor cursor,
                                  std::shared_ptr<const Values> all) {
  auto step = std::make_shared<Step>();
  step->keys = values_.size();
  std::size_t bytes = bytes_;
  for (const auto& [key, before, after] : differences) {
    step->keys = step->keys - (before ? 1 : 0) + (after ? 1 : 0);
    bytes = bytes - counted(key, before) + counted(key, after);
  }
  if (auto room = check_room(step->keys, bytes, limits_); !room) co_return std::move(room).error();
  step->differences = std::move(differences);
  step->cursor = std::move(cursor);
  step->as_of = context_.loop.wall_now();
  auto done = co_await commit(step, std::move(all));
  if (!done) co_return std::move(done).error();
  take(*step, bytes);
  co_return step;
}

Task<void> Replica::confirm(Cursor cursor) {
  cursor_ = std::move(cursor);
  as_of_ = context_.loop.wall_now();
  if (context_.loop.now() - written_ < kWriteEvery) co_return;
  auto step = std::make_shared<Step>();
  step->cursor = cursor_;
  step->as_of = as_of_;
  step->keys = values_.size();
  written_ = context_.loop.now();
  auto done = co_await commit(step, nullptr);
  if (done) co_return;
  log::warn("edge.configuration", "the time at which values were current is not kept",
            {{"component", context_.name}, {"error", done.error().message}});
}

// Once it has begun it is waited for: memory follows what is on the disk.
Task<Status> Replica::commit(Applied step, std::shared_ptr<const Values> all) {
  const std::size_t size = size_of(*step);
  auto write = [table = table_, step, all](store::Db& db) -> Result<bool> {
    auto done = all ? table->replace(db, *step, *all) : table->write(db, *step);
    if (!done) return std::move(done).error();
    return true;
  };
  auto done = co_await components::store_call<bool>(&context_.loop, Ctx::background(),
                                                    database_.writer(), std::move(write), size);
  if (!done) co_return std::move(done).error();
  co_return Status();
}

void Replica::take(const Step& step, std::size_t bytes) {
  for (const Difference& one : step.differences) {
    if (one.after) {
      values_[one.key] = *one.after;
    } else {
      values_.erase(one.key);
    }
  }
  bytes_ = bytes;
  cursor_ = step.cursor;
  as_of_ = step.as_of;
  written_ = context_.loop.now();
  has_state_ = true;
  can_resume_ = true;
}

}  // namespace edge::replica
