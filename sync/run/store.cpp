#include "sync/run/store.h"

#include <utility>

#include "sync/run/row_table.h"
#include "sync/run/stream_index.h"
#include "sync/run/tables.h"

namespace edge::sync {
namespace {

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

void fail(Event& answer, Error error) {
  std::visit(
      Overloaded{[&](Committed& committed) { committed.status = std::move(error); },
                 [&](Loaded& loaded) { loaded.rows = std::move(error); },
                 [&](Scanned& scanned) { scanned.streams = std::move(error); },
                 [&](ReplyLoaded& loaded) { loaded.reply = std::move(error); }, [](auto&) {}},
      answer);
}

// Sets the answer that a job gives, or tells why there is none.
template <class T>
Status put(Event& answer, Result<T> result) {
  if (!result) return std::move(result).error();
  answer = std::move(*result);
  return {};
}

std::size_t bytes_of(const Commit& commit) {
  std::size_t bytes = 0;
  for (const Write& write : commit.writes) {
    if (const auto* insert = std::get_if<InsertRow>(&write))
      bytes += size_of(*insert->row->message);
    if (const auto* put = std::get_if<PutCommand>(&write)) bytes += put->row.command.payload.size();
  }
  return bytes;
}

// So many messages of a class are looked at; a writer that reads more keeps others waiting.
constexpr std::int64_t kSurveyed = 10'000;

Result<Survey> survey_all(store::Db& db) {
  Survey all;
  for (const Class cls : kAllClasses) {
    auto found = table::survey(db, cls, kSurveyed);
    if (!found) return std::move(found).error();
    all[index_of(cls)] = std::move(*found);
  }
  return all;
}

struct Found {
  Stored stored;
  std::int64_t salvage = 0;
};

Result<Found> find_all(store::Db& db) {
  const auto salvage = store::salvage_number(db);
  if (!salvage) return salvage.error();
  auto stored = table::read_all(db);
  if (!stored) return std::move(stored).error();
  return Found{std::move(*stored), *salvage};
}

// The machines take a lack of space for a full disk, and make room.
Error not_taken(const Error& error) {
  return {Code::kUnavailable, "the store takes no work now: " + error.message};
}

}  // namespace

// What was asked for, and its answer: the writer's thread has it until the turn is `done`.
struct Store::Turn {
  Event answer;
  bool done = false;
  bool replaced = false;  // it was not done, as the file is another
};

struct Store::Turns {
  Turns(Loop& owner_loop, StoreOwner& answers_to)
      : loop(owner_loop), owner(&answers_to), idle(owner_loop) {}

  void end(Turn& turn, Status status) {
    if (!status) fail(turn.answer, std::move(status).error());
    turn.done = true;
    loop.end_foreign_wait();
    while (!waiting.empty() && waiting.front()->done) {
      const auto first = std::move(waiting.front());
      waiting.pop_front();
      if (owner == nullptr) continue;
      if (first->replaced) {
        owner->replaced();
      } else {
        owner->answered(std::move(first->answer));
      }
    }
    if (waiting.empty()) idle.set();
  }

  Loop& loop;
  StoreOwner* owner;  // nullptr: nobody listens any more
  std::deque<std::shared_ptr<Turn>> waiting;
  edge::Event idle;
};

Store::Store(Loop& loop, store::OpenFiles& files, StoreOwner& owner)
    : loop_(loop), files_(files), turns_(std::make_shared<Turns>(loop, owner)) {}

Store::~Store() = default;

Status Store::open_file(StoreOptions options, Opening::Sender opened) {
  options.how.schema = table::create;
  options.how.now = loop_.wall_now();
  auto tell = [sender = std::move(opened)](Result<store::OpenReport> report) mutable {
    sender.send(std::move(report));
  };
  auto writer =
      files_.open(options.path, std::move(options.how), std::move(options.writer), std::move(tell));
  if (!writer) return std::move(writer).error();
  writer_ = std::move(*writer);
  return {};
}

Task<Result<Stored>> Store::open(Ctx ctx, StoreOptions options) {
  Opening opening(loop_);
  auto begun = open_file(std::move(options), opening.sender());
  if (!begun) co_return std::move(begun).error();
  auto report = co_await opening.wait_or_abandon(ctx);
  Result<Stored> stored = Error{};
  if (!report) {
    stored = ctx.error();
  } else if (!*report) {
    stored = std::move(*report).error();
  } else {
    stored = co_await reopen(ctx);
  }
  // Else it has nothing to do, and is closed at once.
  if (!stored && ctx.cancelled()) files_.abandon(std::exchange(writer_, {}));
  if (!stored) writer_.reset();
  co_return stored;
}

Task<Result<Stored>> Store::reopen(Ctx ctx) {
  auto found = co_await read<Found>(ctx, find_all);
  if (!found) co_return std::move(found).error();
  salvage_ = found->salvage;
  co_return std::move(found->stored);
}

template <class T>
Task<Result<T>> Store::read(Ctx ctx, Result<T> (*look)(store::Db&)) {
  Completion<Result<T>> reading(loop_);
  auto found = std::make_shared<Result<T>>();
  auto job = [found, look](store::Db& db) -> Status {
    *found = look(db);
    return *found ? Status() : Status(found->error());
  };
  auto done = [found, sender = reading.sender()](Status status) mutable {
    if (!status) *found = std::move(status).error();
    sender.send(std::move(*found));
  };
  auto accepted = writer_->submit(std::move(job), std::move(done));
  if (!accepted) co_return std::move(accepted).error();
  auto value = co_await reading.wait_or_abandon(ctx);
  if (!value) co_return ctx.error();
  co_return std::move(*value);
}

Task<Result<Survey>> Store::survey(Ctx ctx) {
  if (!writer_) co_return Error{Code::kUnavailable, "the sync store is not open"};
  co_return co_await read<Survey>(ctx, survey_all);
}

Task<void> Store::release_writer() {
  if (!writer_ || writer_.use_count() > 1) {
    writer_.reset();
    co_return;
  }
  Completion<bool> closed(loop_);
  writer_->finish([sender = closed.sender()]() mutable { sender.send(true); });
  co_await closed.wait();
  writer_.reset();
}

Task<void> Store::close() {
  turns_->owner = nullptr;
  while (!turns_->waiting.empty()) {
    turns_->idle.reset();
    const Status waited = co_await turns_->idle.wait(Ctx::background());
    if (!waited) break;
  }
  co_await release_writer();
}

void Store::submit(std::shared_ptr<Turn> turn, store::Writer::Job job, std::size_t size_bytes) {
  turns_->waiting.push_back(turn);
  loop_.begin_foreign_wait();
  auto end = [turns = turns_, turn](Status status) mutable {
    Loop& loop = turns->loop;
    loop.post([turns = std::move(turns), turn = std::move(turn),
               outcome = std::move(status)]() mutable { turns->end(*turn, std::move(outcome)); });
  };
  auto checked = [turn, job = std::move(job), wanted = salvage_](store::Db& db) mutable -> Status {
    const auto salvage = store::salvage_number(db);
    if (!salvage) return salvage.error();
    turn->replaced = *salvage != wanted;
    if (turn->replaced) return Error{Code::kAborted, "the file was replaced"};
    return job(db);
  };
  auto accepted = writer_->submit(std::move(checked), end, size_bytes);
  if (!accepted) end(not_taken(accepted.error()));
}

void Store::run(Commit commit) {
  auto turn = std::make_shared<Turn>(Committed{});
  const std::size_t bytes = bytes_of(commit);
  auto job = [commit = std::move(commit)](store::Db& db) {
    return table::apply(db, commit.writes);
  };
  submit(std::move(turn), std::move(job), bytes);
}

void Store::run(const Load& load) {
  auto turn = std::make_shared<Turn>(Loaded{.cls = load.cls, .rows = {}, .complete = false});
  auto job = [turn, load](store::Db& db) { return put(turn->answer, table::load(db, load)); };
  submit(turn, std::move(job), 0);
}

void Store::run(const Scan& scan) {
  auto turn = std::make_shared<Turn>(Scanned{.cls = scan.cls, .streams = {}});
  auto job = [turn, scan](store::Db& db) { return put(turn->answer, table::scan(db, scan)); };
  submit(turn, std::move(job), 0);
}

void Store::run(LoadReply load) {
  auto turn = std::make_shared<Turn>(ReplyLoaded{
      .issuer = load.issuer, .id = load.id, .reply_to = std::move(load.reply_to), .reply = {}});
  auto job = [turn, issuer = std::move(load.issuer), id = std::move(load.id)](store::Db& db) {
    auto reply = table::reply_of(db, issuer, id);
    if (!reply) return Status(std::move(reply).error());
    std::get<ReplyLoaded>(turn->answer).reply = std::move(*reply);
    return Status();
  };
  submit(turn, std::move(job), 0);
}

}  // namespace edge::sync
