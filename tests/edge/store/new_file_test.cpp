// A new file is made without waiting for the disk, and nothing is answered from it before the disk
// has it.
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "edge/store/files.h"
#include "edge/store/migrate.h"
#include "edge/store/open_file.h"
#include "edge/store/writer.h"
#include "tests/edge/store/synced_disk.h"
#include "tests/support/temp_dir.h"

namespace edge::store {
namespace {

constexpr std::string_view kName = "data.db";
constexpr std::array<std::string_view, 2> kSteps = {
    "CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT) STRICT",
    "CREATE TABLE s(key TEXT NOT NULL PRIMARY KEY, body TEXT) STRICT; CREATE INDEX i ON s(body)"};
constexpr Duration kNever = std::chrono::hours(1);

OpenOptions options() {
  OpenOptions how;
  how.now = WallTime(std::chrono::seconds(1'780'000'000));
  how.schema = [](Db& db) { return migrate(db, kSteps); };
  return how;
}

Status insert(Db& db, std::int64_t id) {
  return db.run("INSERT INTO t VALUES(?,?)", id, std::string(300, 'b'));
}

// An open writer, and one write after the other through it.
class Hub {
 public:
  explicit Hub(const std::string& folder, Duration idle = kNever,
               std::int64_t checkpoint_bytes = 1 << 20) {
    std::promise<Result<OpenReport>> opened;
    auto writer = Writer::open(folder + "/" + std::string(kName), options(),
                               {.passive_checkpoint_bytes = checkpoint_bytes,
                                .truncate_checkpoint_bytes = 2 * checkpoint_bytes,
                                .idle = idle},
                               [&](const Result<OpenReport>& report) { opened.set_value(report); });
    if (!writer) throw std::runtime_error(writer.error().message);
    writer_ = std::move(*writer);
    report_ = opened.get_future().get();
  }

  [[nodiscard]] const OpenReport& report() const { return report_.value(); }

  void write(std::int64_t id) {
    std::promise<Status> done;
    const auto accepted =
        writer_->submit([id](Db& db) { return insert(db, id); },
                        [&](Status status) { done.set_value(std::move(status)); });
    ASSERT_TRUE(accepted);
    const auto status = done.get_future().get();
    ASSERT_TRUE(status) << status.error().message;
  }

 private:
  std::unique_ptr<Writer> writer_;
  Result<OpenReport> report_;
};

// Opens what is in the folder as the next start does; it is sound, and has rows 1 to `rows`.
void expect_sound(const std::string& folder, std::int64_t rows, const std::string& what) {
  SCOPED_TRACE(what);
  auto opened = open_file(folder + "/" + std::string(kName), options());
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->report.damage, "");
  EXPECT_EQ(opened->report.set_aside, "");
  EXPECT_EQ(opened->db.integer("SELECT count(*) FROM t")->value(), rows);
  EXPECT_TRUE(insert(opened->db, rows + 1));
  EXPECT_TRUE(opened->db.run("INSERT INTO s VALUES('a','b')"));
}

// Runs `body` in a process of its own that is killed when it has returned.
template <class Body>
void run_and_kill(Body body) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto kept = body();
    const char ready = kept ? 'y' : 'n';
    if (::write(ends[1], &ready, 1) == 1) ::pause();
    ::_exit(1);
  }
  char ready = 0;
  EXPECT_EQ(::read(ends[0], &ready, 1), 1);
  EXPECT_EQ(ready, 'y');
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ends[0]);
  ::close(ends[1]);
}

class NewFileTest : public testing::Test {
 protected:
  // Leaves what kill -9 leaves of a new file with `rows` rows.
  void leave_killed(std::int64_t rows) {
    run_and_kill([this, rows] {
      auto opened = open_file(path_, options());
      for (std::int64_t id = 1; opened && id <= rows; ++id) {
        if (!insert(opened->db, id)) return decltype(opened)(Error{});
      }
      return opened;
    });
  }

  [[nodiscard]] unsigned mode(const std::string& path) const {
    struct stat info{};
    EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 07777U;
  }

  test::TempDir dir_;
  std::string path_ = dir_.file(std::string(kName));
};

TEST_F(NewFileTest, OpeningItDoesNotWaitForTheDisk) {
  const test::SyncedDisk disk(dir_.path());
  const Hub hub(dir_.path());
  EXPECT_EQ(disk.syncs(), 0);
}

TEST_F(NewFileTest, WhatWasAnsweredIsThereAfterAPowerCut) {
  const test::SyncedDisk disk(dir_.path());
  Hub hub(dir_.path());
  for (int rows = 0; rows < 40; ++rows) {
    const test::TempDir after;
    disk.cut_into(after.path());
    expect_sound(after.path(), rows, std::to_string(rows) + " rows answered");
    hub.write(rows + 1);
  }
}

// At every commit, while the log is copied and begun anew several times.
TEST_F(NewFileTest, TheSameWhereTheLogIsUsedAgain) {
  const test::SyncedDisk disk(dir_.path());
  Hub hub(dir_.path(), kNever, 32 << 10);
  std::uintmax_t longest = 0;
  for (int rows = 0; rows < 60; ++rows) {
    const test::TempDir after;
    disk.cut_into(after.path());
    expect_sound(after.path(), rows, std::to_string(rows) + " rows answered");
    hub.write(rows + 1);
    const auto size = std::filesystem::file_size(path_ + "-wal");
    EXPECT_GE(size, longest) << "cut off";
    longest = size;
  }
  EXPECT_LT(longest, 60U << 10);
}

TEST_F(NewFileTest, AfterAnUncleanFirstStartToo) {
  leave_killed(0);
  ASSERT_TRUE(file_exists(path_ + "-wal"));
  const test::TempDir
      moved;  // files that were never synced, so that nothing of them is on the disk
  const test::SyncedDisk disk(moved.path());
  for (const auto* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::copy_file(path_ + suffix, moved.file(std::string(kName) + suffix));
  }
  Hub hub(moved.path());
  EXPECT_TRUE(hub.report().unclean);
  EXPECT_EQ(hub.report().damage, "");
  hub.write(1);
  const test::TempDir after;
  disk.cut_into(after.path());
  expect_sound(after.path(), 1, "after the second start");
}

TEST_F(NewFileTest, AnOrderlyStopBeforeTheFirstAnswerIsSafe) {
  const test::SyncedDisk disk(dir_.path());
  {
    const Hub hub(dir_.path());
  }
  const test::TempDir after;
  disk.cut_into(after.path());
  expect_sound(after.path(), 0, "stopped");
}

TEST_F(NewFileTest, ItIsSyncedWhenNobodyWaits) {
  const test::SyncedDisk disk(dir_.path());
  const Hub hub(dir_.path(), std::chrono::milliseconds(1));
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!disk.has(std::string(kName)) && std::chrono::steady_clock::now() < limit) {
    std::this_thread::yield();
  }
  EXPECT_TRUE(disk.has(std::string(kName)));
}

std::vector<std::pair<std::string, std::string>> parts_of(const std::string& content,
                                                          std::size_t step) {
  std::vector<std::pair<std::string, std::string>> parts = {
      {"empty", ""}, {"zeros", std::string(content.size(), '\0')}};
  for (std::size_t size = step; size < content.size(); size += step) {
    parts.emplace_back(std::to_string(size) + " bytes", content.substr(0, size));
    parts.emplace_back(std::to_string(size) + " bytes and zeros", content.substr(0, size));
    parts.back().second.resize(content.size());
  }
  parts.emplace_back("whole", content);
  return parts;
}

// Whatever part of the database and of its log the disk has when nothing was answered yet.
TEST_F(NewFileTest, AnyPartThatACutLeavesIsUsedOrMadeAfresh) {
  leave_killed(0);
  const std::string database = test::read_file(path_);
  const std::string log = test::read_file(path_ + "-wal");
  ASSERT_EQ(database.size(), 4096U) << "the tables are in the log";
  ASSERT_GT(log.size(), 4U * 4120);
  const test::SyncedDisk no_wait(dir_.path());
  auto databases = parts_of(database, 512);
  auto logs = parts_of(log, 4120 / 2 + 32);
  databases.emplace_back("missing", "");
  logs.emplace_back("missing", "");
  for (const auto& [database_state, database_bytes] : databases) {
    for (const auto& [log_state, log_bytes] : logs) {
      const test::TempDir after;
      const std::string name(kName);
      if (database_state != "missing") after.write(name, database_bytes);
      if (log_state != "missing") after.write(name + "-wal", log_bytes);
      expect_sound(after.path(), 0, "database " + database_state + ", log " + log_state);
    }
  }
}

TEST_F(NewFileTest, ALogWithoutItsDatabaseIsNotReadIntoANewOne) {
  for (const bool empty : {false, true}) {
    leave_killed(3);
    ASSERT_GT(file_bytes(path_ + "-wal"), 0);
    ASSERT_TRUE(remove_file(path_));
    if (empty) dir_.write(std::string(kName), "");
    const test::SyncedDisk disk(dir_.path());
    {
      Hub hub(dir_.path());
      EXPECT_FALSE(disk.has(std::string(kName) + "-wal")) << "it can come back after a cut";
      hub.write(1);
    }
    expect_sound(dir_.path(), 1, empty ? "empty database" : "no database");
    ASSERT_TRUE(remove_database(path_));
  }
}

TEST_F(NewFileTest, AShortFileThatIsNoDatabaseIsSetAside) {
  dir_.write(std::string(kName), "a note");
  const auto opened = open_file(path_, options());
  ASSERT_TRUE(opened);
  EXPECT_NE(opened->report.damage, "");
  EXPECT_EQ(test::read_file(opened->report.set_aside), "a note");
}

TEST_F(NewFileTest, EveryFileIsForItsOwnerOnly) {
  const auto before = ::umask(0);
  {
    auto opened = open_file(path_, options());
    ASSERT_TRUE(opened);
    ASSERT_TRUE(insert(opened->db, 1));
    ASSERT_TRUE(Ballast(dir_.file("ballast"), 4096).fill());
    ASSERT_TRUE(mark_damaged(path_));
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
      EXPECT_EQ(mode(entry.path()), 0600U) << entry.path();
    }
  }
  auto again = open_file(path_, options());
  ASSERT_TRUE(again);
  EXPECT_NE(again->report.set_aside, "");
  for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
    EXPECT_EQ(mode(entry.path()), 0600U) << entry.path();
  }
  ::umask(before);
}

TEST_F(NewFileTest, AFileThatIsThereKeepsItsMode) {
  dir_.write(std::string(kName), "");
  ASSERT_EQ(::chmod(path_.c_str(), 0640), 0);
  const auto opened = open_file(path_, options());
  ASSERT_TRUE(opened);
  EXPECT_EQ(mode(path_), 0640U);
  EXPECT_EQ(mode(path_ + "-wal"), 0640U);
}

TEST_F(NewFileTest, ALinkToNothingMakesItsTarget) {
  std::filesystem::create_symlink("target.db", path_);
  const auto opened = open_file(path_, options());
  ASSERT_TRUE(opened);
  EXPECT_EQ(mode(dir_.file("target.db")), 0600U);
}

}  // namespace
}  // namespace edge::store
