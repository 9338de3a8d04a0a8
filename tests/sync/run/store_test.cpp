#include "sync/run/store.h"

#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "edge/loop/sim_loop.h"
#include "edge/store/db.h"
#include "tests/support/temp_dir.h"

namespace edge::sync {
namespace {

constexpr const char* kFile = "queue.db";

RowPtr row(Class cls, std::int64_t number, const std::string& topic = "power") {
  Message message{.cls = cls,
                  .source = "lamp",
                  .topic = topic,
                  .key = "k" + std::to_string(number % 2),
                  .type = "com.acme.lamp",
                  .correlation = "c",
                  .attributes = R"({"a":1})",
                  .body = std::string("\0\xff body", 7)};
  return std::make_shared<Row>(Row{.row = number,
                                   .id = "0199f0c2-0000-7000-8000-" + std::to_string(number),
                                   .number = {7, static_cast<std::uint64_t>(number)},
                                   .lane = {"gray1", 42},
                                   .lane_from = "",
                                   .enqueued = HubTime(1000 + number),
                                   .expires = HubTime(number % 3),
                                   .message = std::make_shared<const Message>(std::move(message))});
}

void expect_equal(const Row& a, const Row& b) {
  EXPECT_EQ(a.row, b.row);
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.number, b.number);
  EXPECT_EQ(a.lane, b.lane);
  EXPECT_EQ(a.lane_from, b.lane_from);
  EXPECT_EQ(a.enqueued, b.enqueued);
  EXPECT_EQ(a.expires, b.expires);
  EXPECT_EQ(stream_of(*a.message), stream_of(*b.message));
  EXPECT_EQ(a.message->type, b.message->type);
  EXPECT_EQ(a.message->correlation, b.message->correlation);
  EXPECT_EQ(a.message->attributes, b.message->attributes);
  EXPECT_EQ(a.message->body, b.message->body);
  EXPECT_EQ(size_of(*a.message), size_of(*b.message));
}

// A store whose answers are kept.
class OpenStore final : private StoreOwner {
 public:
  // `first`: the schema of another, who opens the file before.
  explicit OpenStore(const std::string& path, store::WriterOptions writer = {},
                     std::function<Status(store::Db&)> first = {})
      : other_(first ? open_for_another(path, std::move(first)) : nullptr),
        store_(loop_, files_, *this),
        stored_(edge::run(loop_, store_.open(Ctx::background(), {path, {}, std::move(writer)}))) {}
  ~OpenStore() override { edge::run(loop_, store_.close()); }
  OpenStore(const OpenStore&) = delete;
  OpenStore& operator=(const OpenStore&) = delete;

  [[nodiscard]] const Result<Stored>& stored() const { return stored_; }
  template <class Wanted>
  void ask(Wanted wanted) {
    store_.run(std::move(wanted));
    ++asked_;
  }
  std::vector<Event> answers() {
    loop_.run_until([this] { return answers_.size() == asked_; });
    asked_ = 0;
    return std::exchange(answers_, {});
  }
  template <class Answer, class Wanted>
  Answer get(Wanted wanted) {
    ask(std::move(wanted));
    return std::get<Answer>(std::move(answers().back()));
  }
  Status commit(std::vector<Write> writes) {
    return get<Committed>(Commit{std::move(writes)}).status;
  }
  std::vector<RowPtr> rows(Class cls) {
    auto loaded = get<Loaded>(Load{cls, 0, 1'000'000, 1'000'000, std::size_t{1} << 30});
    EXPECT_TRUE(loaded.complete);
    return loaded.rows ? *loaded.rows : std::vector<RowPtr>();
  }

 private:
  std::shared_ptr<store::Writer> open_for_another(const std::string& path,
                                                  std::function<Status(store::Db&)> schema) {
    store::OpenOptions how;
    how.schema = std::move(schema);
    auto writer = files_.open(path, std::move(how), {}, [](const auto&) {});
    return writer ? *writer : nullptr;
  }
  void answered(Event event) override { answers_.push_back(std::move(event)); }
  void replaced() override { FAIL() << "the file was replaced"; }

  SimLoop loop_;
  store::OpenFiles files_;
  std::vector<Event> answers_;
  std::size_t asked_ = 0;
  std::shared_ptr<store::Writer> other_;
  Store store_;
  Result<Stored> stored_;
};

class SyncStore : public testing::Test {
 protected:
  // What a kill at this moment would leave, as another file.
  std::string copy_of_file() {
    const std::string copy = dir_.file("copy" + std::to_string(++copies_));
    for (const char* part : {"", "-wal"}) {
      const std::string from = path_ + part;
      if (std::filesystem::exists(from)) std::filesystem::copy_file(from, copy + part);
    }
    return copy;
  }

  test::TempDir dir_;
  std::string path_ = dir_.file(kFile);
  int copies_ = 0;
};

TEST_F(SyncStore, ANewFileIsEmpty) {
  OpenStore store(path_);
  ASSERT_TRUE(store.stored()) << store.stored().error().message;
  EXPECT_EQ(store.stored()->meta, Meta());
  EXPECT_EQ(store.stored()->totals[0], Totals());
  EXPECT_TRUE(store.stored()->gaps.empty());
  EXPECT_TRUE(store.stored()->inbox.empty());
  EXPECT_EQ(store.stored()->lane.lane, Lane());
  EXPECT_TRUE(store.rows(Class::kAlarm).empty());
}

TEST_F(SyncStore, WhatWasCommittedIsThereAfterAKill) {
  const WallTime wall{std::chrono::seconds(1'790'000'000)};
  const Gap gap{.id = 3,
                .stream = {Class::kTelemetry, "lamp", "power", "k"},
                .lane = {"gray1", 42},
                .first = {6, 4},
                .last = {6, 9},
                .count = 6,
                .why = Loss::kExpired,
                .sent = true};
  InboxRow waiting{.command = {"c-1", "/cloud", "s", "e1/a/h", "{}", {"base", 2}, wall, true},
                   .state = CommandState::kWaiting,
                   .received = HubTime(5),
                   .keep_until = HubTime(6),
                   .reply = {}};
  InboxRow done{.command = {.id = "c-2", .issuer = "/cloud"}, .state = CommandState::kDone};
  done.reply = {.status = "ok", .code = 200, .body = "{\"a\":1}"};
  LaneState lane{.phase = LanePhase::kDrain,
                 .lane = {"gray1", 42},
                 .previous = {"base", 1},
                 .pending = {.lane = {"gray1", 42},
                             .drain = DrainMode::kRetag,
                             .drain_limit = HubTime(7),
                             .probation = HubTime(8),
                             .expires = wall,
                             .on_expiry = OnExpiry::kBase},
                 .deadline = HubTime(99),
                 .highest_gen = 42,
                 .proven = true,
                 .left = {},
                 .end = {"failed", "no configuration"}};
  OpenStore before(path_);
  ASSERT_TRUE(before.commit({InsertRow{row(Class::kAlarm, 1)}, InsertRow{row(Class::kEvent, 2)},
                             PutTotals{Class::kAlarm, {1, 200, 1}}, PutGap{gap}, PutGap{{.id = 4}},
                             RemoveGap{4}, PutCommand{waiting}, PutCommand{done},
                             PutCommand{{.command = {.id = "c-3"}}}, RemoveCommand{"", "c-3"},
                             PutMeta{{7, {HubTime(10), HubTime(11), wall}}}, PutLane{lane}}));
  OpenStore after(copy_of_file());
  ASSERT_TRUE(after.stored()) << after.stored().error().message;
  const Stored& stored = *after.stored();
  EXPECT_EQ(stored.meta, (Meta{7, {HubTime(10), HubTime(11), wall}}));
  EXPECT_EQ(stored.totals[0], (Totals{1, 200, 1})) << "kept, not counted";
  ASSERT_EQ(stored.gaps.size(), 1U);
  EXPECT_EQ(stored.gaps[0], gap);
  ASSERT_EQ(stored.inbox.size(), 2U);
  EXPECT_EQ(stored.inbox[0].command.payload, "{}");
  EXPECT_EQ(stored.inbox[0].command.expires, wall);
  EXPECT_TRUE(stored.inbox[0].command.idempotent);
  EXPECT_EQ(stored.inbox[0].keep_until, HubTime(6));
  EXPECT_EQ(stored.inbox[1].state, CommandState::kDone);
  EXPECT_EQ(stored.lane.phase, LanePhase::kDrain);
  EXPECT_EQ(stored.lane.previous, (Lane{"base", 1}));
  EXPECT_EQ(stored.lane.pending.drain, DrainMode::kRetag);
  EXPECT_EQ(stored.lane.pending.expires, wall);
  EXPECT_EQ(stored.lane.highest_gen, 42U);
  EXPECT_TRUE(stored.lane.proven);
  EXPECT_EQ(stored.lane.end, (LaneEnd{"failed", "no configuration"}));
  const auto alarms = after.rows(Class::kAlarm);
  ASSERT_EQ(alarms.size(), 1U);
  expect_equal(*alarms[0], *row(Class::kAlarm, 1));
  EXPECT_EQ(after.rows(Class::kEvent).size(), 1U);
  const auto reply = after.get<ReplyLoaded>(LoadReply{"/cloud", "c-2", "e1/a/h"});
  ASSERT_TRUE(reply.reply);
  EXPECT_EQ(reply.reply->body, "{\"a\":1}");
  EXPECT_EQ(reply.reply_to, "e1/a/h");
  EXPECT_EQ(after.get<ReplyLoaded>(LoadReply{"/cloud", "c-1", ""}).reply.error().code,
            Code::kNotFound);
}

TEST_F(SyncStore, AnswersComeInTheOrderOfTheQuestions) {
  OpenStore store(path_);
  constexpr int kRounds = 50;
  for (int i = 1; i <= kRounds; ++i) {
    store.ask(Commit{{InsertRow{row(Class::kEvent, i)}}});
    store.ask(Load{Class::kEvent, 0, 1000, 1000, 1 << 20});
    store.ask(LoadReply{"x", std::to_string(i), ""});
  }
  store.ask(Scan{Class::kEvent, 1000, 10});
  const auto answers = store.answers();
  ASSERT_EQ(answers.size(), std::size_t{3} * kRounds + 1);
  for (std::size_t i = 0; i < kRounds; ++i) {
    EXPECT_TRUE(std::get<Committed>(answers[3 * i]).status);
    const auto& loaded = std::get<Loaded>(answers[3 * i + 1]);
    ASSERT_TRUE(loaded.rows);
    EXPECT_EQ(loaded.rows->size(), i + 1) << "it has seen the commits before it, and no other";
    EXPECT_EQ(std::get<ReplyLoaded>(answers[3 * i + 2]).id, std::to_string(i + 1));
  }
  const auto& scanned = std::get<Scanned>(answers.back());
  ASSERT_TRUE(scanned.streams);
  ASSERT_EQ(scanned.streams->size(), 2U);
  EXPECT_EQ(scanned.streams->at(0).name.key, "k1");
  EXPECT_EQ(scanned.streams->at(0).last_row, 49);
  EXPECT_EQ(scanned.streams->at(1).last_row, 50);
}

TEST_F(SyncStore, WorkThatTheWriterRefusesIsAnsweredInItsPlace) {
  OpenStore store(path_, {.max_queued_jobs = 1});
  constexpr std::size_t kCount = 200;
  for (std::size_t i = 0; i < kCount; ++i) {
    store.ask(LoadReply{"x", std::to_string(i), ""});
  }
  const auto answers = store.answers();
  std::size_t refused = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    const auto& loaded = std::get<ReplyLoaded>(answers[i]);
    EXPECT_EQ(loaded.id, std::to_string(i));
    ASSERT_FALSE(loaded.reply);
    if (loaded.reply.error().code == Code::kUnavailable) ++refused;
  }
  EXPECT_GT(refused, 0U);
}

TEST_F(SyncStore, ACommitIsDoneAsAWholeOrNotAtAll) {
  {
    const OpenStore made(path_);
  }
  {
    auto db = store::Db::open(path_);
    ASSERT_TRUE(db);
    ASSERT_TRUE(
        db->script("CREATE TRIGGER trap BEFORE INSERT ON sync_gap BEGIN"
                   " SELECT RAISE(ABORT, 'not this one'); END"));
  }
  OpenStore store(path_);
  EXPECT_FALSE(store.commit({InsertRow{row(Class::kEvent, 1)}, PutGap{{.id = 1}}}));
  EXPECT_TRUE(store.rows(Class::kEvent).empty());
  EXPECT_TRUE(store.commit({InsertRow{row(Class::kEvent, 1)}}));
  EXPECT_EQ(store.rows(Class::kEvent).size(), 1U);
}

TEST_F(SyncStore, LoadsAsMuchAsItMay) {
  OpenStore store(path_);
  std::vector<Write> writes;
  for (int i = 1; i <= 10; ++i) writes.emplace_back(InsertRow{row(Class::kEvent, i)});
  ASSERT_TRUE(store.commit(std::move(writes)));
  auto loaded = store.get<Loaded>(Load{Class::kEvent, 2, 9, 3, 1 << 20});
  ASSERT_TRUE(loaded.rows);
  ASSERT_EQ(loaded.rows->size(), 3U);
  EXPECT_EQ(loaded.rows->at(0)->row, 3);
  EXPECT_FALSE(loaded.complete);
  loaded = store.get<Loaded>(Load{Class::kEvent, 2, 9, 100, 0});
  EXPECT_EQ(loaded.rows->size(), 1U) << "one whatever its size";
  EXPECT_FALSE(loaded.complete);
  loaded = store.get<Loaded>(Load{Class::kEvent, 2, 9, 7, 1 << 20});
  EXPECT_EQ(loaded.rows->size(), 7U);
  EXPECT_TRUE(loaded.complete);
  EXPECT_EQ(store.get<Scanned>(Scan{Class::kEvent, 100, 1}).streams.error().code,
            Code::kResourceExhausted);
}

TEST_F(SyncStore, RowsAreRemovedAndStampedAnew) {
  {
    OpenStore store(path_);
    std::vector<Write> writes;
    for (int i = 1; i <= 12; ++i) writes.emplace_back(InsertRow{row(Class::kEvent, i)});
    ASSERT_TRUE(store.commit(std::move(writes)));
    ASSERT_TRUE(store.commit({RemoveRow{Class::kEvent, 2}, RemoveRow{Class::kEvent, 3},
                              RemoveRow{Class::kEvent, 7}, RemoveRow{Class::kAlarm, 8},
                              RetagRows{Class::kEvent, "gray1", {"base", 43}, 9, {5, 8}},
                              RetagRows{Class::kEvent, "base", {"blue", 44}, 4, {}}}));
  }
  OpenStore store(path_);
  const auto rows = store.rows(Class::kEvent);
  std::string lanes;
  for (const auto& one : rows) {
    lanes += std::to_string(one->row) + one->lane_from + ">" + one->lane.id + " ";
  }
  EXPECT_EQ(lanes,
            "1base>blue 4base>blue 5>gray1 6gray1>base 8>gray1 9gray1>base 10>gray1 11>gray1 "
            "12>gray1 ");
}

TEST_F(SyncStore, RetagsAreForgottenWithTheirRows) {
  OpenStore store(path_);
  ASSERT_TRUE(store.commit(
      {InsertRow{row(Class::kEvent, 1)}, RetagRows{Class::kEvent, "gray1", {"base", 43}, 1, {}}}));
  ASSERT_TRUE(store.commit({RemoveRow{Class::kEvent, 1}, InsertRow{row(Class::kEvent, 2)},
                            RetagRows{Class::kEvent, "gray1", {"base", 43}, 2, {}}}));
  auto db = store::Db::open(path_, {.access = store::Access::kReadOnly});
  ASSERT_TRUE(db);
  const auto count = db->integer("SELECT count(*) FROM sync_retag");
  ASSERT_TRUE(count);
  EXPECT_EQ(*count, 1);
}

// Messages `first` to `last`, the first 5000 of another topic than the others.
std::vector<Write> of_two_topics(std::int64_t first, std::int64_t last) {
  std::vector<Write> writes;
  for (std::int64_t n = first; n <= last; ++n) {
    writes.emplace_back(InsertRow{row(Class::kEvent, n, n <= 5000 ? "early" : "late")});
  }
  writes.emplace_back(PutTotals{Class::kEvent, {last, 0, last}});
  return writes;
}

TEST_F(SyncStore, StreamsAreFoundWithoutReadingAllMessages) {
  constexpr std::int64_t kCount = 10'000;
  {
    OpenStore store(path_);
    for (std::int64_t i = 0; i < kCount; i += 500) {
      ASSERT_TRUE(store.commit(of_two_topics(i + 1, i + 500)));
    }
  }
  {
    auto db = store::Db::open(path_, {.access = store::Access::kReadOnly});
    ASSERT_TRUE(db);
    const auto upto = db->integer("SELECT upto FROM sync_indexed WHERE class=1");
    ASSERT_TRUE(upto);
    EXPECT_GT(upto->value_or(0), kCount - 4096) << "what is left to read";
  }
  OpenStore store(path_);
  auto scanned = store.get<Scanned>(Scan{Class::kEvent, kCount, 100});
  ASSERT_TRUE(scanned.streams);
  std::set<std::string> found;
  for (const auto& stream : *scanned.streams) {
    found.insert(stream.name.topic + stream.name.key + std::to_string(stream.last_row));
  }
  EXPECT_EQ(found,
            (std::set<std::string>{"earlyk05000", "earlyk14999", "latek010000", "latek19999"}));
  // Those that are gone are forgotten in time.
  std::vector<Write> writes;
  for (std::int64_t n = 1; n <= 6000; ++n) writes.emplace_back(RemoveRow{Class::kEvent, n});
  writes.emplace_back(PutTotals{Class::kEvent, {4000, 0, kCount + 5000}});
  ASSERT_TRUE(store.commit(std::move(writes)));
  scanned = store.get<Scanned>(Scan{Class::kEvent, kCount, 100});
  ASSERT_TRUE(scanned.streams);
  EXPECT_EQ(scanned.streams->size(), 2U);
}

TEST_F(SyncStore, CommandsThatAnOlderProgramKeptByHubTimeAreKeptByTimeAwake) {
  using std::chrono::hours;
  const HubTime months = hours(9000);
  {
    OpenStore store(path_);
    InboxRow brief{.command = {.id = "brief", .issuer = "ops", .expires = HubClock::kSet},
                   .state = CommandState::kDone,
                   .received = months,
                   .keep_until = months + hours(25)};
    InboxRow forever = brief;
    forever.command.id = "forever";
    forever.keep_until = months + hours(90'000);
    InboxRow endless = brief;
    endless.command.id = "endless";
    endless.command.expires.reset();
    endless.keep_until = hours(200);
    ASSERT_TRUE(store.commit({PutMeta{{.epoch = 1, .clock = {.hub = months, .awake = hours(10)}}},
                              PutCommand{brief}, PutCommand{forever}, PutCommand{endless}}));
  }
  {
    auto db = store::Db::open(path_);
    ASSERT_TRUE(db);
    ASSERT_TRUE(db->run("UPDATE sync_file SET version=2"));
  }
  const OpenStore store(path_);
  ASSERT_TRUE(store.stored()) << store.stored().error().message;
  const auto& inbox = store.stored()->inbox;
  ASSERT_EQ(inbox.size(), 3U);
  EXPECT_EQ(inbox[0].keep_until, hours(35));
  EXPECT_EQ(inbox[1].keep_until, hours(10 + 24 * 31));
  EXPECT_EQ(inbox[2].keep_until, hours(200));
}

TEST_F(SyncStore, AFileThatWasDamagedIsCounted) {
  {
    OpenStore store(path_);
    ASSERT_TRUE(store.commit({InsertRow{row(Class::kEvent, 4)}, InsertRow{row(Class::kEvent, 5)},
                              PutTotals{Class::kEvent, {70, 9000, 90}}}));
  }
  ASSERT_TRUE(store::mark_damaged(path_));
  OpenStore store(path_);
  ASSERT_TRUE(store.stored()) << store.stored().error().message;
  const auto bytes = static_cast<std::int64_t>(2 * size_of(*row(Class::kEvent, 4)->message));
  EXPECT_EQ(store.stored()->totals[index_of(Class::kEvent)], (Totals{2, bytes, 90}));
}

Status make_queue(store::Db& db) {
  return db.script("CREATE TABLE IF NOT EXISTS queue(id INTEGER PRIMARY KEY) STRICT");
}

TEST_F(SyncStore, AFileThatAnotherHadSalvagedIsCountedOnce) {
  {
    OpenStore store(path_);
    ASSERT_TRUE(store.commit({InsertRow{row(Class::kEvent, 4)}, InsertRow{row(Class::kEvent, 5)},
                              PutTotals{Class::kEvent, {70, 9000, 90}}}));
  }
  const auto bytes = static_cast<std::int64_t>(2 * size_of(*row(Class::kEvent, 4)->message));
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(store::mark_damaged(path_));
    {
      OpenStore store(path_, {}, make_queue);
      ASSERT_TRUE(store.stored()) << store.stored().error().message;
      EXPECT_EQ(store.stored()->totals[index_of(Class::kEvent)], (Totals{2, bytes, 90}));
      ASSERT_TRUE(store.commit({PutTotals{Class::kEvent, {3, 300, 90}}}));
    }
    OpenStore again(path_);
    ASSERT_TRUE(again.stored());
    EXPECT_EQ(again.stored()->totals[index_of(Class::kEvent)], (Totals{3, 300, 90})) << "kept";
  }
}

TEST_F(SyncStore, TablesOfASalvageThatLostTheirVersionAreUsed) {
  {
    OpenStore store(path_);
    ASSERT_TRUE(store.commit({InsertRow{row(Class::kEvent, 4)}}));
  }
  {
    auto db = store::Db::open(path_);
    ASSERT_TRUE(db);
    ASSERT_TRUE(db->run("DELETE FROM sync_file"));
  }
  ASSERT_TRUE(store::mark_damaged(path_));
  OpenStore store(path_, {}, make_queue);
  ASSERT_TRUE(store.stored()) << store.stored().error().message;
  EXPECT_EQ(store.stored()->totals[index_of(Class::kEvent)].rows, 1);
}

TEST_F(SyncStore, AFileOfALaterProgramIsRefused) {
  {
    const OpenStore store(path_);
  }
  {
    auto db = store::Db::open(path_);
    ASSERT_TRUE(db);
    ASSERT_TRUE(db->run("UPDATE sync_file SET version=99"));
  }
  const OpenStore store(path_);
  ASSERT_FALSE(store.stored());
  EXPECT_EQ(store.stored().error().code, Code::kFailedPrecondition);
  EXPECT_NE(store.stored().error().message.find("version 99"), std::string::npos)
      << store.stored().error().message;
}

}  // namespace
}  // namespace edge::sync
