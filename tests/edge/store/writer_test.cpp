#include "edge/store/writer.h"

#include <array>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "edge/store/open_files.h"
#include "tests/support/temp_dir.h"

namespace edge::store {
namespace {

constexpr std::string_view kTable = "CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT) STRICT";

class WriterTest : public testing::Test {
 protected:
  void start(WriterOptions options = {}, std::int64_t quota_bytes = 0) {
    auto db = Db::open(path_, {.quota_bytes = quota_bytes});
    ASSERT_TRUE(db) << db.error().message;
    ASSERT_TRUE(db->run(kTable));
    auto writer = Writer::start(std::move(*db), std::move(options));
    ASSERT_TRUE(writer) << writer.error().message;
    writer_ = std::move(*writer);
  }

  std::future<Status> submit(Writer::Job job) {
    auto promise = std::make_shared<std::promise<Status>>();
    auto future = promise->get_future();
    const auto accepted = writer_->submit(
        std::move(job), [promise](Status status) { promise->set_value(std::move(status)); });
    if (!accepted) promise->set_value(accepted);
    return future;
  }

  std::future<Status> insert(std::int64_t id, std::string body = "body") {
    return submit([id, body = std::move(body)](Db& db) {
      return db.run("INSERT INTO t VALUES(?,?)", id, body);
    });
  }

  // Keeps the writer busy, so that what is submitted next becomes one batch.
  class Gate {
   public:
    explicit Gate(WriterTest& test) {
      done_ = test.submit([this](Db&) {
        entered_.set_value();
        opened_.get_future().wait();
        return Status();
      });
      entered_.get_future().wait();
    }
    void open() {
      opened_.set_value();
      done_.wait();
    }

   private:
    std::promise<void> entered_;
    std::promise<void> opened_;
    std::future<Status> done_;
  };

  std::int64_t count() {
    auto db = Db::open(path_, {.access = Access::kReadOnly});
    return db->integer("SELECT count(*) FROM t")->value();
  }

  test::TempDir dir_;
  std::string path_ = dir_.file("data.db");
  std::unique_ptr<Writer> writer_;
};

TEST_F(WriterTest, AnswersAfterTheCommit) {
  start();
  ASSERT_TRUE(insert(1).get());
  EXPECT_EQ(count(), 1);
}

TEST_F(WriterTest, OpensTheFileOnItsOwnThread) {
  OpenOptions how;
  how.schema = [](Db& db) { return db.run(kTable); };
  std::promise<std::thread::id> where;
  auto writer = Writer::open(path_, how, {}, [&](const Result<OpenReport>& report) {
    EXPECT_TRUE(report);
    where.set_value(std::this_thread::get_id());
  });
  ASSERT_TRUE(writer);
  writer_ = std::move(*writer);
  EXPECT_TRUE(insert(1).get());
  EXPECT_NE(where.get_future().get(), std::this_thread::get_id());
}

TEST_F(WriterTest, AFileThatCannotBeOpenedFailsEveryJob) {
  std::promise<Code> code;
  auto writer =
      Writer::open(dir_.file("none/data.db"), {}, {},
                   [&](const Result<OpenReport>& report) { code.set_value(report.error().code); });
  ASSERT_TRUE(writer);
  writer_ = std::move(*writer);
  EXPECT_EQ(code.get_future().get(), Code::kUnavailable);
  EXPECT_EQ(insert(1).get().error().code, Code::kUnavailable);
  std::promise<void> closed;
  writer_->finish([&] { closed.set_value(); });
  closed.get_future().wait();
}

TEST_F(WriterTest, JobsThatWaitAreCommittedTogether) {
  start({.max_batch = 64});
  Gate gate(*this);
  std::vector<std::future<Status>> all;
  for (int i = 0; i < 256; ++i) all.push_back(insert(i));
  gate.open();
  for (auto& one : all) EXPECT_TRUE(one.get());
  EXPECT_LE(writer_->stats().commits, 5U);
  EXPECT_EQ(count(), 256);
}

TEST_F(WriterTest, ABatchIsLimitedByBytes) {
  start({.max_batch_bytes = 1000});
  Gate gate(*this);
  std::vector<std::future<Status>> all;
  for (int i = 0; i < 10; ++i) {
    auto promise = std::make_shared<std::promise<Status>>();
    all.push_back(promise->get_future());
    ASSERT_TRUE(writer_->submit([i](Db& db) { return db.run("INSERT INTO t VALUES(?,'body')", i); },
                                [promise](Status status) { promise->set_value(std::move(status)); },
                                400));
  }
  gate.open();
  for (auto& one : all) EXPECT_TRUE(one.get());
  EXPECT_GE(writer_->stats().commits, 5U);
}

TEST_F(WriterTest, DamageThatAReaderMeetsHasTheFileReplaced) {
  OpenOptions how;
  how.schema = [](Db& db) {
    return db.script("CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, body TEXT) STRICT");
  };
  auto writer = Writer::open(path_, how, {}, [](const Result<OpenReport>&) {});
  ASSERT_TRUE(writer);
  writer_ = std::move(*writer);
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(insert(i, std::string(1000, 'b')).get());
  writer_->report_damage(7);
  ASSERT_TRUE(insert(200).get());
  EXPECT_EQ(writer_->generation(), 0U) << "of an earlier file";
  writer_->report_damage(0);
  ASSERT_TRUE(insert(201).get());
  ASSERT_TRUE(insert(202).get()) << "after the repair";
  EXPECT_EQ(writer_->generation(), 1U);
  EXPECT_EQ(count(), 203);
  int set_aside = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
    set_aside += entry.path().filename().string().starts_with("data.db.bad-") ? 1 : 0;
  }
  EXPECT_GE(set_aside, 1);
}

// A disk on which the new file of a salvage has no room.
class FullDisk {
 public:
  Status make(Db& db) {
    if (db.path().ends_with(".draft")) {
      tries_.push_back(std::chrono::steady_clock::now());
      ++count_;
      if (full_) return Error{Code::kResourceExhausted, "disk or quota full"};
    }
    return db.script("CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, body TEXT) STRICT");
  }
  void wait_for_tries(std::size_t count) const {
    while (count_ < count) std::this_thread::yield();
  }
  void free_some() { full_ = false; }
  // Of the writer's thread.
  [[nodiscard]] const std::vector<std::chrono::steady_clock::time_point>& tries() const {
    return tries_;
  }

 private:
  std::vector<std::chrono::steady_clock::time_point> tries_;
  std::atomic<std::size_t> count_ = 0;
  std::atomic<bool> full_ = true;
};

TEST_F(WriterTest, ASalvageThatFailsIsTriedMoreAndMoreSeldom) {
  using std::chrono::milliseconds;
  start();
  ASSERT_TRUE(insert(1).get());
  writer_.reset();
  ASSERT_TRUE(mark_damaged(path_));
  FullDisk disk;
  OpenOptions how;
  how.schema = [&disk](Db& db) { return disk.make(db); };
  auto writer = Writer::open(
      path_, how, {.resume_retry = milliseconds(5), .longest_resume_retry = milliseconds(20)},
      [](const Result<OpenReport>&) {});
  ASSERT_TRUE(writer);
  writer_ = std::move(*writer);
  EXPECT_EQ(insert(2).get().error().code, Code::kResourceExhausted);
  EXPECT_TRUE(writer_->standing_by());
  disk.wait_for_tries(5);
  disk.free_some();
  while (writer_->standing_by()) std::this_thread::yield();
  ASSERT_TRUE(insert(2).get());
  EXPECT_EQ(count(), 2);
  writer_.reset();
  constexpr std::array<int, 4> kLeast = {5, 10, 20, 20};
  for (std::size_t i = 0; i < kLeast.size(); ++i) {
    EXPECT_GE(disk.tries()[i + 1] - disk.tries()[i], milliseconds(kLeast[i])) << i;
  }
}

TEST_F(WriterTest, AFailingJobIsUndoneAlone) {
  start();
  Gate gate(*this);
  auto before = insert(1);
  auto fails = submit([](Db& db) {
    auto done = db.run("INSERT INTO t VALUES(2,'half')");
    if (!done) return done;
    return db.run("INSERT INTO t VALUES(2,'twice')");
  });
  auto harmless = submit([](Db&) { return Status(Error{Code::kAborted, "no"}); });
  auto after = insert(3);
  gate.open();
  EXPECT_TRUE(before.get());
  EXPECT_EQ(fails.get().error().code, Code::kAlreadyExists);
  EXPECT_EQ(harmless.get().error().code, Code::kAborted);
  EXPECT_TRUE(after.get());
  EXPECT_EQ(count(), 2);
}

TEST_F(WriterTest, AnExceptionIsTheJobsOwn) {
  start();
  EXPECT_EQ(submit([](Db&) -> Status { throw std::runtime_error("bug"); }).get().error().code,
            Code::kInternal);
  EXPECT_TRUE(insert(1).get());
}

TEST_F(WriterTest, QuotaFullRefusesGrowthAndStillDeletes) {
  start({}, 64 * 4096);
  int rows = 0;
  while (insert(rows, std::string(3000, 'b')).get()) ++rows;
  EXPECT_GT(rows, 30);
  Gate gate(*this);
  auto too_much = insert(1000, std::string(200'000, 'b'));
  auto removal = submit([](Db& db) { return db.run("DELETE FROM t WHERE id<10"); });
  auto small = insert(1001, "small");
  gate.open();
  EXPECT_EQ(too_much.get().error().code, Code::kResourceExhausted);
  EXPECT_TRUE(removal.get());
  EXPECT_TRUE(small.get());
  EXPECT_EQ(count(), rows - 10 + 1);
}

TEST_F(WriterTest, AFullQueueRefuses) {
  start({.max_queued_jobs = 2});
  Gate gate(*this);
  auto first = insert(1);
  auto second = insert(2);
  EXPECT_EQ(insert(3).get().error().code, Code::kResourceExhausted);
  gate.open();
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(second.get());
}

TEST_F(WriterTest, AQueueFullOfBytesRefuses) {
  start({.max_queued_bytes = 100});
  Gate gate(*this);
  const auto big = [](Db&) { return Status(); };
  EXPECT_TRUE(writer_->submit(big, [](const Status&) {}, 1000)) << "one job is always taken";
  EXPECT_FALSE(writer_->submit(big, [](const Status&) {}, 1));
  gate.open();
}

TEST_F(WriterTest, FinishDrainsThenRefuses) {
  start();
  std::vector<std::future<Status>> all;
  for (int i = 0; i < 100; ++i) all.push_back(insert(i));
  std::promise<void> closed;
  writer_->finish([&closed] { closed.set_value(); });
  EXPECT_EQ(insert(1000).get().error().code, Code::kUnavailable);
  closed.get_future().wait();
  for (auto& one : all) EXPECT_TRUE(one.get());
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal")) << "an orderly stop leaves no log";
  writer_.reset();
  EXPECT_EQ(count(), 100);
}

TEST_F(WriterTest, ManyThreadsSubmit) {
  start();
  constexpr int kThreads = 8;
  constexpr int kEach = 200;
  std::atomic<int> answered = 0;
  const auto insert_many = [this, &answered](int first) {
    for (int i = first; i < first + kEach; ++i) answered += insert(i).get() ? 1 : 0;
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) threads.emplace_back(insert_many, t * kEach);
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(answered, kThreads * kEach);
  EXPECT_EQ(count(), kThreads * kEach);
}

TEST_F(WriterTest, TheLogStaysBoundedUnderLoad) {
  start({.passive_checkpoint_bytes = 128 << 10, .truncate_checkpoint_bytes = 512 << 10});
  std::uintmax_t longest = 0;
  for (int i = 0; i < 400; ++i) {
    ASSERT_TRUE(insert(i, std::string(4000, 'b')).get());
    longest = std::max(longest, std::filesystem::file_size(path_ + "-wal"));
  }
  EXPECT_LT(longest, 600U << 10);
  EXPECT_GT(writer_->stats().checkpoints, 3U);
}

// A commit into a file that grows costs three times as much.
TEST_F(WriterTest, TheLogsSpaceIsUsedAgainUnderLoad) {
  start({.passive_checkpoint_bytes = 64 << 10, .truncate_checkpoint_bytes = 512 << 10});
  std::uintmax_t size = 0;
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(insert(i, std::string(4000, 'b')).get());
    const auto now = std::filesystem::file_size(path_ + "-wal");
    EXPECT_GE(now, size) << "cut off after row " << i;
    size = now;
  }
  EXPECT_GT(size, 256U << 10);
  EXPECT_LT(size, 300U << 10);
  EXPECT_GE(writer_->stats().checkpoints, 3U);
}

TEST_F(WriterTest, AReaderThatStaysDoesNotStopWrites) {
  start({.passive_checkpoint_bytes = 64 << 10, .truncate_checkpoint_bytes = 128 << 10});
  ASSERT_TRUE(insert(-1).get());
  auto reader = Db::open(path_, {.access = Access::kReadOnly});
  {
    auto rows = reader->query("SELECT * FROM t");
    ASSERT_TRUE(*rows->step());
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(insert(i, std::string(4000, 'b')).get());
    EXPECT_LT(writer_->stats().checkpoints, 40U) << "not tried again at every commit";
  }
  for (int i = 100; i < 400; ++i) ASSERT_TRUE(insert(i, std::string(4000, 'b')).get());
  EXPECT_LT(writer_->stats().wal_bytes, 600 << 10);
}

TEST_F(WriterTest, TheLogIsCopiedWhenIdle) {
  start({.passive_checkpoint_bytes = 64 << 10, .idle = std::chrono::milliseconds(1)});
  ASSERT_TRUE(insert(1, std::string(200'000, 'b')).get());
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (writer_->stats().checkpoints == 0 && std::chrono::steady_clock::now() < limit) {
    std::this_thread::yield();
  }
  EXPECT_GT(writer_->stats().checkpoints, 0U);
}

TEST_F(WriterTest, AFileHasOneWriterHoweverItIsNamed) {
  OpenFiles files;
  OpenOptions how;
  how.schema = [](Db& db) {
    return db.script("CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY)");
  };
  std::atomic<int> opened = 0;
  const auto note = [&opened](const Result<OpenReport>& report) { opened += report ? 1 : 100; };
  auto first = files.open(path_, how, {}, note);
  ASSERT_TRUE(first);
  while (opened == 0) std::this_thread::yield();
  std::filesystem::create_symlink(path_, dir_.file("link.db"));
  auto second = files.open(dir_.path() + "/./link.db", how, {}, note);
  ASSERT_TRUE(second);
  EXPECT_EQ(*first, *second);
  first->reset();
  second->reset();
  EXPECT_EQ(opened, 2);
  EXPECT_NE(files.open(path_, how, {}, note)->get(), nullptr) << "opened anew";
}

TEST_F(WriterTest, ASalvageTellsThatItGoesOn) {
  start();
  ASSERT_TRUE(insert(1).get());
  writer_.reset();
  ASSERT_TRUE(mark_damaged(path_));
  OpenFiles files;
  std::atomic<int> beats = 0;
  std::promise<void> opened;
  files.on_progress([&beats] { ++beats; });
  auto writer =
      files.open(path_, {}, {}, [&opened](const Result<OpenReport>&) { opened.set_value(); });
  ASSERT_TRUE(writer);
  opened.get_future().wait();
  EXPECT_GE(beats, 1);
}

}  // namespace
}  // namespace edge::store
