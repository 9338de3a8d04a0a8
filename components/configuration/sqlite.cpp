#include "components/configuration/sqlite.h"

#include <array>
#include <utility>

#include "components/store_call.h"
#include "edge/base/strings.h"

namespace edge::configuration {
namespace {

using components::Field;
using components::wrong_field;

constexpr std::size_t kBytesPerKey = 64;
constexpr std::size_t kHistoryAnswerBytes = std::size_t{4} << 20;
constexpr std::int64_t kMostHistory = 10'000;

constexpr auto kFields = std::to_array<Field<SqliteOptions>>({
    {{.name = "connectionString",
      .alias = "url",
      .doc =
          "Path of the database file; `hub.db` in the hub's data directory where absent. Several "
          "components may name the same file."},
     &SqliteOptions::path},
    {{.name = "history",
      .fallback = "100",
      .doc = "How many of the latest revisions are kept, to look at and to go back to: 0 to 10000. "
             "At most 16 MiB of earlier values are kept besides."},
     &SqliteOptions::history},
});

Result<SqliteOptions> read_options(const components::Context& context) {
  auto options = components::read_fields<SqliteOptions>(kFields, context.metadata);
  if (!options) return options;
  if (options->history < 0 || options->history > kMostHistory) {
    return wrong_field("history",
                       "is a number from 0 to 10000, not " + std::to_string(options->history));
  }
  std::string& path = options->path;
  path = trim(path);
  if (path.starts_with("file:")) path.erase(0, 5);
  if (path.empty() && context.data_dir.empty()) {
    return wrong_field("connectionString",
                       "is required here: name the database file; only a hub has a data directory");
  }
  if (path.empty()) path = context.data_dir + "/hub.db";
  return options;
}

std::size_t counted(std::string_view key, std::string_view value) {
  return key.size() + value.size() + kBytesPerKey;
}

// A key in words of an error: it may be long.
std::string shown(const std::string& key) {
  constexpr std::size_t kShown = 100;
  return "\"" + (key.size() <= kShown ? key : key.substr(0, kShown) + "...") + "\"";
}

Status check_key(const std::string& key) {
  const bool possible = !key.empty() && key.size() <= kLongestKey && is_utf8(key);
  if (possible) return {};
  return Error{Code::kInvalidArgument,
               "key " + shown(key) + ": a key is UTF-8 text of 1 to 1024 bytes"};
}

Status check_change(const Change& change) {
  if (auto possible = check_key(change.key); !possible) return possible;
  if (!change.value) return {};
  if (change.value->size() > kLongestValue) {
    return Error{Code::kInvalidArgument, "key " + shown(change.key) + ": a value of " +
                                             std::to_string(change.value->size()) +
                                             " bytes; at most 1 MiB is possible"};
  }
  if (is_utf8(*change.value)) return {};
  return Error{Code::kInvalidArgument, "key " + shown(change.key) +
                                           ": the value is not UTF-8 text; encode bytes as base64"};
}

Status check_revision(const std::vector<Change>& changes, const std::string& note) {
  if (changes.size() > kMostChanges) {
    return Error{
        Code::kInvalidArgument,
        std::to_string(changes.size()) + " changes in one revision; at most 10000 are possible"};
  }
  if (note.size() > kLongestNote || !is_utf8(note)) {
    return Error{Code::kInvalidArgument, "the note is UTF-8 text of at most 1024 bytes"};
  }
  for (const Change& change : changes) {
    if (auto possible = check_change(change); !possible) return possible;
  }
  return {};
}

std::size_t size_of(const NewRevision& revision) {
  std::size_t bytes = sizeof revision;
  for (const Change& change : revision.changes) {
    bytes += sizeof change + change.key.size() + (change.value ? change.value->size() : 0);
  }
  return bytes;
}

// What leads from `now` to `then`.
std::vector<Change> changes_between(const StoredValues& now, StoredValues then) {
  std::vector<Change> changes;
  for (const auto& [key, value] : now) {
    if (!then.contains(key)) changes.push_back({key, std::nullopt});
  }
  for (auto& [key, value] : then) changes.push_back({key, std::move(value.text)});
  return changes;
}

}  // namespace

std::span<const Field<SqliteOptions>> sqlite_fields() {
  return kFields;
}

SqliteStore::SqliteStore(const components::Context& context)
    : context_(context),
      database_(context_),
      table_(std::make_shared<const RevisionTable>(context_.name)),
      writing_(context_.loop, 1) {}

Task<Status> SqliteStore::init(Ctx ctx) {
  auto options = read_options(context_);
  if (!options) co_return std::move(options).error();
  options_ = std::move(*options);
  auto found = std::make_shared<components::Found<StoreContent>>();
  components::DatabaseOptions file;
  file.how.schema = [table = table_, found](store::Db& db) -> Status {
    if (auto made = RevisionTable::create(db); !made) return made;
    auto content = table->load(db);
    if (!content) return std::move(content).error();
    found->put(std::move(*content));
    return {};
  };
  file.path = options_.path;
  file.writer.name = context_.name;
  file.reading = components::Reading::kWriterOnly;
  auto opened = co_await database_.open(ctx, std::move(file));
  if (!opened) co_return opened;
  StoreContent loaded = found->take();
  revision_ = loaded.revision;
  values_ = std::move(loaded.values);
  bytes_ = 0;
  for (const auto& [key, value] : values_) bytes_ += counted(key, value.text);
  co_return Status();
}

Task<void> SqliteStore::close() {
  subscribers_.clear();
  co_await database_.close();
}

// The store is the source of its values: they are current whenever they are read.
Metadata SqliteStore::freshness() const {
  return {{"asof", to_rfc3339(context_.loop.wall_now())}, {"source", "live"}, {"stale", "false"}};
}

Item SqliteStore::item_of(const StoredValue& value) const {
  return {value.text, std::to_string(value.revision), {}};
}

Task<Result<Items>> SqliteStore::get(Ctx ctx, std::vector<std::string> keys, Metadata) {
  if (ctx.cancelled()) co_return ctx.error();
  Items items;
  const Metadata fresh = freshness();
  const auto add = [&](const StoredValues::value_type& entry) {
    Item& item = items[entry.first];
    item = item_of(entry.second);
    item.metadata = fresh;
  };
  for (const std::string& key : keys) {
    const auto found = values_.find(key);
    if (found != values_.end()) add(*found);
  }
  if (keys.empty()) {
    for (const auto& entry : values_) add(entry);
  }
  co_return items;
}

Task<Result<SubscriptionId>> SqliteStore::subscribe(Ctx ctx, std::vector<std::string> keys,
                                                    Metadata, Observer observer) {
  if (ctx.cancelled()) co_return ctx.error();
  co_return subscribers_.add(std::move(keys), std::move(observer));
}

Status SqliteStore::unsubscribe(SubscriptionId id) {
  return subscribers_.remove(id);
}

Task<Result<Written>> SqliteStore::write(Ctx ctx, std::vector<Change> changes, std::string note) {
  if (auto possible = check_revision(changes, note); !possible) co_return possible.error();
  auto turn = co_await writing_.acquire(ctx);
  if (!turn) co_return turn.error();
  const Permit permit(writing_);
  co_return co_await commit(std::move(changes), std::move(note));
}

Task<Result<Written>> SqliteStore::rollback(Ctx ctx, std::uint64_t revision) {
  auto turn = co_await writing_.acquire(ctx);
  if (!turn) co_return turn.error();
  const Permit permit(writing_);
  co_return co_await restore(ctx, revision);
}

Task<Result<Written>> SqliteStore::restore(Ctx ctx, std::uint64_t revision) {
  auto read = [table = table_, revision](store::Db& db) { return table->values_at(db, revision); };
  auto then = co_await components::store_call<StoredValues>(&context_.loop, ctx, database_.writer(),
                                                            std::move(read));
  if (!then) co_return std::move(then).error();
  co_return co_await commit(changes_between(values_, std::move(*then)),
                            "rollback to revision " + std::to_string(revision));
}

// Legal while writing_ is held. Once it has begun, the caller's going away changes nothing: memory
// follows what is on the disk.
Task<Result<Written>> SqliteStore::commit(std::vector<Change> changes, std::string note) {
  auto revision = std::make_shared<NewRevision>();
  revision->changes = effective(std::move(changes));
  if (revision->changes.empty()) co_return Written{revision_, 0};
  if (auto room = check_room(revision->changes); !room) co_return room.error();
  revision->number = revision_ + 1;
  revision->time = context_.loop.wall_now();
  revision->note = std::move(note);
  const Retention kept{.revisions = options_.history, .bytes = kMostHistoryBytes};
  auto write = [table = table_, revision, kept](store::Db& db) -> Result<bool> {
    if (auto done = table->write(db, *revision, kept); !done) return std::move(done).error();
    return true;
  };
  auto done = co_await components::store_call<bool>(
      &context_.loop, Ctx::background(), database_.writer(), std::move(write), size_of(*revision));
  if (!done) co_return std::move(done).error();
  apply(*revision);
  co_return Written{revision_, revision->changes.size()};
}

// The last change of each key, where it is one.
std::vector<Change> SqliteStore::effective(std::vector<Change> changes) const {
  std::map<std::string, std::optional<std::string>> last;
  for (Change& change : changes) last[std::move(change.key)] = std::move(change.value);
  std::vector<Change> real;
  for (auto& [key, value] : last) {
    const auto found = values_.find(key);
    const bool same = found == values_.end() ? !value : value && *value == found->second.text;
    if (!same) real.push_back({key, std::move(value)});
  }
  return real;
}

Status SqliteStore::check_room(const std::vector<Change>& changes) const {
  std::size_t bytes = bytes_;
  bool grows = false;
  for (const Change& change : changes) {
    const auto found = values_.find(change.key);
    const std::size_t before = found == values_.end() ? 0 : counted(change.key, found->second.text);
    const std::size_t after = change.value ? counted(change.key, *change.value) : 0;
    bytes = bytes - before + after;
    grows = grows || after > before;
  }
  if (bytes <= kMostBytes || !grows) return {};
  return Error{Code::kResourceExhausted,
               "store " + context_.name + " would hold " + std::to_string(bytes) +
                   " bytes and takes 8 MiB, 64 bytes a key included; delete keys that are not "
                   "needed"};
}

void SqliteStore::apply(const NewRevision& written) {
  revision_ = written.number;
  Items changed;
  const Metadata fresh = freshness();
  for (const Change& change : written.changes) {
    const auto found = values_.find(change.key);
    if (found != values_.end()) bytes_ -= counted(change.key, found->second.text);
    Item& item = changed[change.key];
    if (!change.value) {
      values_.erase(found);
      continue;
    }
    StoredValue& value = values_[change.key];
    value = {*change.value, written.number};
    bytes_ += counted(change.key, value.text);
    item = item_of(value);
    item.metadata = fresh;
  }
  subscribers_.tell(changed);
}

Task<Result<std::vector<PastRevision>>> SqliteStore::history(Ctx ctx, std::size_t limit) {
  auto read = [table = table_, limit](store::Db& db) {
    return table->history(db, limit, kHistoryAnswerBytes);
  };
  co_return co_await components::store_call<std::vector<PastRevision>>(
      &context_.loop, ctx, database_.writer(), std::move(read));
}

}  // namespace edge::configuration
