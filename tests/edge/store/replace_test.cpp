// A power cut while a damaged file is replaced, before each rename in turn.
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "edge/store/files.h"
#include "edge/store/open_file.h"
#include "tests/support/temp_dir.h"

namespace {

int renames_left = -1;  // the process ends before the next one; negative: never

}  // namespace

// In place of the C library's, for the whole test program.
extern "C" int rename(const char* from, const char* to) noexcept {
  if (renames_left == 0) ::_exit(1);
  --renames_left;
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

namespace edge::store {
namespace {

constexpr int kRows = 500;

Result<Opened> open(const std::string& path) {
  OpenOptions how;
  how.now = WallTime(std::chrono::seconds(1'780'000'000));
  how.schema = [](Db& db) {
    return db.script(
        "CREATE TABLE IF NOT EXISTS q(id INTEGER PRIMARY KEY, body TEXT) STRICT;"
        "CREATE TABLE IF NOT EXISTS l(id INTEGER PRIMARY KEY, body TEXT) STRICT");
  };
  return open_file(path, how);
}

// Runs `body` in a process of its own that ends without closing anything; gives how it ended.
template <class Body>
int run_apart(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Rows in the database, and one that only its log has. Ends the process.
[[noreturn]] void leave_a_log(const std::string& path) {
  auto opened = open(path);
  if (!opened) ::_exit(2);
  Db& db = opened->db;
  auto done = db.run("BEGIN");
  for (int i = 1; done && i <= kRows; ++i) {
    done = db.run("INSERT INTO q VALUES(?,?)", i, std::to_string(i) + std::string(200, 'b'));
  }
  if (done) done = db.run("COMMIT");
  if (done) done = db.checkpoint(Db::Checkpoint::kTruncate);
  if (done) done = db.run("INSERT INTO l VALUES(1,'only in the log')");
  ::_exit(done ? 0 : 3);
}

void destroy_page_with(const std::string& path, const std::string& text) {
  const auto at = test::read_file(path).find(text);
  ASSERT_NE(at, std::string::npos);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(at / 4096 * 4096));
  file << std::string(4096, '\xa5');
}

// Gives whether the replacement came to its end before the cut.
bool cut_before(int rename) {
  SCOPED_TRACE("before rename " + std::to_string(rename));
  const test::TempDir dir;
  const std::string path = dir.file("data.db");
  EXPECT_EQ(run_apart([&]() -> int { leave_a_log(path); }), 0);
  EXPECT_GT(file_bytes(path + "-wal"), 0);
  destroy_page_with(path, "250bbbb");
  const int ended = run_apart([&] {
    renames_left = rename;
    return open(path) ? 0 : 2;
  });
  EXPECT_LT(ended, 2);
  auto opened = open(path);
  EXPECT_TRUE(opened) << opened.error().message;
  if (!opened) return true;
  if (ended != 0) EXPECT_NE(opened->report.damage, "");
  EXPECT_TRUE(check(opened->db));
  EXPECT_EQ(opened->db.integer("SELECT count(*) FROM l")->value(), 1);
  EXPECT_GT(opened->db.integer("SELECT count(*) FROM q")->value(), kRows - 40);
  EXPECT_FALSE(files_with_prefix(path + ".bad-").empty());
  return ended == 0;
}

TEST(ReplaceTest, ACutBeforeAnyOfItsRenamesLosesNothing) {
  int rename = 0;
  while (!cut_before(rename)) ++rename;
  EXPECT_GE(rename, 4) << "successor, log, database, successor";
}

}  // namespace
}  // namespace edge::store
