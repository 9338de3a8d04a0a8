// What was answered is there after the process is killed or its disk is full.
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <future>
#include <sched.h>
#include <set>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "edge/store/open_file.h"
#include "edge/store/writer.h"
#include "tests/support/temp_dir.h"

namespace edge::store {
namespace {

Status create_table(Db& db) {
  return db.run("CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, body TEXT) STRICT");
}

Result<Opened> open(const std::string& path) {
  OpenOptions options;
  options.schema = create_table;
  return open_file(path, options);
}

// Writes rows as fast as it can and reports each that was answered; runs until it is killed.
[[noreturn]] void write_forever(const std::string& path, std::int64_t first, int report) {
  auto opened = open(path);
  if (!opened) ::_exit(2);
  auto writer = Writer::start(std::move(opened->db), {.max_batch = 16,
                                                      .passive_checkpoint_bytes = 64 << 10,
                                                      .truncate_checkpoint_bytes = 128 << 10});
  if (!writer) ::_exit(3);
  for (std::int64_t id = first;; ++id) {
    auto done = [id, report](const Status& status) {
      if (status && ::write(report, &id, sizeof id) != sizeof id) ::_exit(4);
    };
    auto job = [id](Db& db) {
      return db.run("INSERT INTO t VALUES(?,?)", id, std::string(300, 'b'));
    };
    while (!(*writer)->submit(job, done)) ::sched_yield();
  }
}

TEST(CrashTest, NothingAnsweredIsLostByKill) {
  const test::TempDir dir;
  const std::string path = dir.file("data.db");
  std::set<std::int64_t> answered;
  for (int round = 0; round < 25; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) write_forever(path, 1'000'000LL * round, ends[1]);
    ::close(ends[1]);
    std::int64_t id = 0;
    const int kill_after = 50 + 37 * round;
    int seen = 0;
    while (::read(ends[0], &id, sizeof id) == sizeof id) {
      answered.insert(id);
      if (++seen == kill_after) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "child ended with " << status;
    ASSERT_GE(seen, kill_after);

    auto opened = open(path);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_TRUE(opened->report.unclean);
    EXPECT_EQ(opened->report.damage, "");
    auto rows = opened->db.query("SELECT id FROM t");
    std::set<std::int64_t> kept;
    while (*rows->step()) kept.insert(rows->integer(0));
    for (const auto one : answered) ASSERT_TRUE(kept.contains(one)) << one << " is lost";
  }
}

Status run_one(Writer& writer, Writer::Job job) {
  std::promise<Status> promise;
  auto accepted =
      writer.submit(std::move(job), [&](Status status) { promise.set_value(std::move(status)); });
  if (!accepted) return accepted;
  return promise.get_future().get();
}

// On a real full disk: a small memory file system in a mount namespace of its own.
// Gives 0, or the number of the step that failed.
int fill_a_disk(const std::string& folder) {
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=12m") != 0) {
    return 77;
  }
  auto db = Db::open(folder + "/data.db");
  if (!db || !create_table(*db)) return 1;
  auto writer = Writer::start(std::move(*db),
                              {.truncate_checkpoint_bytes = 1 << 20, .ballast_bytes = 2 << 20});
  if (!writer) return 2;
  const std::string body(4000, 'b');
  Status done;
  for (std::int64_t id = 0; done; ++id) {
    done = run_one(**writer,
                   [&, id](Db& job) { return job.run("INSERT INTO t VALUES(?,?)", id, body); });
  }
  if (done.error().code != Code::kResourceExhausted) return 3;
  if ((*writer)->stats().ballast_releases != 1) return 4;
  for (int i = 0; i < 100; ++i) {
    done =
        run_one(**writer, [&](Db& job) { return job.run("INSERT INTO t(body) VALUES(?)", body); });
    if (done) return 5;
  }
  done = run_one(**writer, [](Db& job) { return job.run("DELETE FROM t WHERE id<500"); });
  if (!done) return 6;
  done = run_one(**writer, [&](Db& job) { return job.run("INSERT INTO t VALUES(-1,?)", body); });
  return done ? 0 : 7;
}

TEST(CrashTest, AFullDiskStillDeletes) {
  const test::TempDir dir;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(fill_a_disk(dir.path()));
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "may not mount a file system here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace edge::store
