#include "components/state/sqlite.h"

#include <utility>

#include "components/state/common.h"
#include "components/store_call.h"
#include "edge/base/log.h"
#include "edge/base/strings.h"

namespace edge::state {
namespace {

constexpr std::string_view kLogScope = "edge.state.sqlite";

std::size_t bytes_of(const RowWrite& row) {
  return sizeof row + row.key.size() + row.value.size();
}

const std::string& key_of(const Operation& operation) {
  return std::visit([](const auto& request) -> const std::string& { return request.key; },
                    operation);
}

}  // namespace

SqliteStore::SqliteStore(const components::Context& context)
    : context_(context),
      database_(context),
      has_read_(context_.loop),
      background_(context_.loop, "state.sqlite " + context_.name) {}

std::vector<Feature> SqliteStore::features() const {
  return {Feature::kEtag, Feature::kTransactional, Feature::kTtl, Feature::kDeleteWithPrefix,
          Feature::kKeysLike};
}

Task<Status> SqliteStore::init(Ctx ctx) {
  auto options = read_sqlite_options(context_.metadata);
  if (!options) co_return std::move(options).error();
  options_ = std::move(*options);
  table_ = std::make_shared<const SqliteTable>(options_.table, options_.metadata_table);
  components::DatabaseOptions file;
  file.path = options_.path;
  file.how.journal = options_.disable_wal ? store::Journal::kRollback : store::Journal::kWal;
  file.how.busy_timeout = options_.busy_timeout;
  file.how.schema = [table = table_](store::Db& db) { return table->create(db); };
  file.writer.name = context_.name;
  const bool beside_the_writer = !options_.disable_wal && options_.path != ":memory:";
  file.reading =
      beside_the_writer ? components::Reading::kOwnConnection : components::Reading::kWriterOnly;
  file.prepare_reader = SqliteTable::prepare_reader;
  auto opened = co_await database_.open(ctx, std::move(file));
  if (!opened) co_return opened;
  background_.spawn(end_reads(background_.ctx()));
  if (options_.cleanup_interval > Duration::zero()) background_.spawn(clean_up(background_.ctx()));
  co_return Status();
}

Task<void> SqliteStore::close() {
  co_await background_.close();
  co_await database_.close();
}

template <class T>
Task<Result<T>> SqliteStore::on_writer(Ctx ctx, std::function<Result<T>(store::Db&)> work,
                                       std::size_t size_bytes) {
  DeadlineScope scope(context_.loop, ctx, options_.timeout);
  co_return co_await components::store_call<T>(&context_.loop, scope.ctx(), database_.writer(),
                                               std::move(work), size_bytes);
}

template <class T>
Task<Result<T>> SqliteStore::on_reader(Ctx ctx, std::function<Result<T>(store::Db&)> work) {
  if (ctx.cancelled()) co_return ctx.error();
  if (database_.has_reader()) co_return database_.read(work);
  co_return co_await on_writer<T>(ctx, std::move(work), 0);
}

Task<Result<std::vector<Item>>> SqliteStore::get(Ctx ctx, std::vector<std::string> keys) {
  for (const auto& key : keys) {
    if (key.empty()) co_return Error{Code::kInternal, "missing key in get operation"};
  }
  if (ctx.cancelled()) co_return ctx.error();
  if (database_.has_reader()) {
    if (keys.size() == 1) co_return read_one(keys.front());
    co_return database_.read([&](store::Db& db) { return table_->read(db, keys, now()); });
  }
  auto read = [table = table_, wanted = std::move(keys), at = now()](store::Db& db) {
    return table->read(db, wanted, at);
  };
  co_return co_await on_writer<std::vector<Item>>(ctx, std::move(read), 0);
}

Result<std::vector<Item>> SqliteStore::read_one(const std::string& key) {
  auto item = database_.read(
      [&](store::Db& db) { return table_->read_one(db, key, now(), database_.held()); });
  if (!item) return std::move(item).error();
  if (database_.held()) has_read_.set();
  std::vector<Item> items;
  items.push_back(std::move(*item));
  return items;
}

// What is read in one turn of the loop is read from one state of the file: many requests then cost
// little more than one.
Task<void> SqliteStore::end_reads(Ctx ctx) {
  while (true) {
    const auto has_read = co_await has_read_.wait(ctx);
    if (!has_read) co_return;
    has_read_.reset();
    database_.held().reset();
  }
}

Result<RowWrite> SqliteStore::row_of(SetRequest& request) const {
  if (request.key.empty()) return Error{Code::kInternal, "missing key in set option"};
  const auto ttl = ttl_seconds(request.metadata);
  if (!ttl) return ttl.error();
  RowWrite row;
  if (has_etag(request.etag)) {
    row.kind = RowWrite::Kind::kPutIfMatches;
    row.etag = std::move(*request.etag);
  } else if (request.concurrency == Concurrency::kFirstWrite) {
    row.kind = RowWrite::Kind::kPutIfAbsent;
  }
  row.key = std::move(request.key);
  row.binary = request.kind == ValueKind::kBytes;
  row.value = row.binary ? base64_encode(request.value) : std::move(request.value);
  row.new_etag = uuid_v4(context_.loop.random());
  if (*ttl) row.expires = to_table_time(context_.loop.wall_now() + std::chrono::seconds(**ttl));
  return row;
}

Result<RowWrite> SqliteStore::row_of(DeleteRequest& request) const {
  if (request.key.empty()) return Error{Code::kInternal, "missing key in delete operation"};
  RowWrite row;
  row.kind = RowWrite::Kind::kDelete;
  if (has_etag(request.etag)) {
    row.kind = RowWrite::Kind::kDeleteIfMatches;
    row.etag = std::move(*request.etag);
  }
  row.key = std::move(request.key);
  return row;
}

Result<RowWrite> SqliteStore::row_of(Operation& operation) const {
  return std::visit([this](auto& request) { return row_of(request); }, operation);
}

Task<Result<std::vector<KeyError>>> SqliteStore::apply(Ctx ctx, std::vector<Operation> operations) {
  std::vector<KeyError> refused;
  std::vector<RowWrite> rows;
  std::size_t size_bytes = 0;
  for (Operation& operation : operations) {
    auto row = row_of(operation);
    if (!row) {
      refused.push_back({key_of(operation), std::move(row).error()});
      continue;
    }
    size_bytes += bytes_of(*row);
    rows.push_back(std::move(*row));
  }
  if (rows.empty()) co_return refused;
  auto write = [table = table_, writes = std::move(rows), at = now(),
                failed = std::move(refused)](store::Db& db) -> Result<std::vector<KeyError>> {
    std::vector<KeyError> errors = failed;
    for (const RowWrite& row : writes) {
      auto done = table->write(db, row, at);
      if (done) continue;
      if (done.error().code != Code::kAborted) return std::move(done).error();
      errors.push_back({row.key, std::move(done).error()});
    }
    return errors;
  };
  co_return co_await on_writer<std::vector<KeyError>>(ctx, std::move(write), size_bytes);
}

Task<Status> SqliteStore::transact(Ctx ctx, std::vector<Operation> operations) {
  std::vector<RowWrite> rows;
  std::size_t size_bytes = 0;
  for (Operation& operation : operations) {
    auto row = row_of(operation);
    if (!row) co_return std::move(row).error();
    size_bytes += bytes_of(*row);
    rows.push_back(std::move(*row));
  }
  if (rows.empty()) co_return Status();
  auto write = [table = table_, writes = std::move(rows),
                at = now()](store::Db& db) -> Result<bool> {
    for (const RowWrite& row : writes) {
      if (auto done = table->write(db, row, at); !done) return std::move(done).error();
    }
    return true;
  };
  auto done = co_await on_writer<bool>(ctx, std::move(write), size_bytes);
  if (!done) co_return std::move(done).error();
  co_return Status();
}

Task<Result<std::size_t>> SqliteStore::delete_with_prefix(Ctx ctx, std::string prefix) {
  auto whole = key_prefix(prefix);
  if (!whole) co_return std::move(whole).error();
  auto remove = [table = table_, from = std::move(*whole), at = now()](store::Db& db) {
    return table->delete_with_prefix(db, from, at);
  };
  co_return co_await on_writer<std::size_t>(ctx, std::move(remove), 0);
}

Task<Result<KeyedStore::KeysPage>> SqliteStore::keys_like(Ctx ctx, std::string pattern,
                                                          std::size_t page_size,
                                                          std::string continuation_token) {
  if (pattern.empty()) co_return Error{Code::kInvalidArgument, "pattern is required"};
  auto after = key_of_token(continuation_token);
  if (!after) co_return std::move(after).error();
  // One more than asked for tells whether another page follows.
  const std::size_t limit = page_size == 0 ? 0 : page_size + 1;
  auto list = [table = table_, like = std::move(pattern), from = std::move(*after), limit,
               at = now()](store::Db& db) { return table->keys_like(db, like, from, limit, at); };
  auto keys = co_await on_reader<std::vector<std::string>>(ctx, std::move(list));
  if (!keys) co_return std::move(keys).error();
  KeysPage page{.keys = std::move(*keys), .continuation_token = {}};
  if (limit > 0 && page.keys.size() == limit) {
    page.keys.pop_back();
    page.continuation_token = page_token(page.keys.back());
  }
  co_return page;
}

Task<void> SqliteStore::clean_up(Ctx ctx) {
  while (true) {
    const auto slept = co_await sleep_for(context_.loop, ctx, options_.cleanup_interval);
    if (!slept) co_return;
    auto work = [table = table_, at = now()](store::Db& db) { return table->clean_up(db, at); };
    auto removed = co_await on_writer<std::size_t>(ctx, std::move(work), 0);
    if (!removed && removed.error().code != Code::kCancelled) {
      log::warn(kLogScope, "removing expired rows failed",
                {{"component", context_.name}, {"error", removed.error().message}});
    }
  }
}

}  // namespace edge::state
