#include "components/database.h"

#include <atomic>
#include <future>

#include <gtest/gtest.h>

#include "edge/loop/sim_loop.h"
#include "edge/store/files.h"
#include "tests/support/temp_dir.h"

namespace edge::components {
namespace {

// A schema that takes as long as the salvage of a large file.
struct SlowSchema {
  std::promise<void> go;
  std::shared_future<void> gone = go.get_future().share();
  std::atomic<bool> ended = false;

  DatabaseOptions options(const std::string& path) {
    DatabaseOptions file;
    file.path = path;
    file.how.schema = [this](store::Db& db) {
      gone.wait_for(std::chrono::seconds(5));
      ended = true;
      return db.script("CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY) STRICT");
    };
    return file;
  }
};

TEST(DatabaseTest, AnOpeningThatIsNotWaitedForHoldsNobodyUp) {
  const test::TempDir dir;
  const std::string path = dir.file("data.db");
  SlowSchema slow;
  SimLoop loop;
  store::OpenFiles files;
  Database database({.name = "test", .metadata = {}, .loop = loop, .files = files, .data_dir = ""});
  CancelScope scope;
  scope.cancel(Code::kDeadlineExceeded);
  auto opened = edge::run(loop, database.open(scope.ctx(), slow.options(path)));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kDeadlineExceeded);
  EXPECT_FALSE(slow.ended) << "the loop has waited";
  loop.post([&slow] { slow.go.set_value(); });
  opened = edge::run(loop, database.open(Ctx::background(), slow.options(path)));
  EXPECT_TRUE(opened) << "the same writer goes on";
  edge::run(loop, database.close());
  EXPECT_FALSE(store::file_exists(path + "-wal")) << "closed in order";
}

}  // namespace
}  // namespace edge::components
