// What only state.sqlite promises: Dapr's schema, durability, one file for several components.
#include <csignal>
#include <fstream>
#include <map>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "components/state/sqlite_options.h"
#include "edge/loop/task_group.h"
#include "tests/components/state/fixture.h"
#include "tests/support/temp_dir.h"

namespace edge::state {
namespace {

class SqliteStoreTest : public testing::Test {
 protected:
  components::Metadata metadata(components::Metadata more = {}) {
    more.emplace("connectionString", path_);
    return more;
  }

  store::Db db() { return std::move(*store::Db::open(path_)); }

  std::string text(store::Db& db, const std::string& sql) {
    auto rows = db.query(sql);
    if (!rows || !*rows->step()) return "";
    return std::string(rows->text(0));
  }

  test::TempDir dir_;
  std::string path_ = dir_.file("state.db");
};

TEST_F(SqliteStoreTest, TheSchemaIsDaprs) {
  {
    RunningStore store("state.sqlite", metadata());
    ASSERT_TRUE(store.set("a", "{\"x\":1}", {{"ttlInSeconds", "60"}}));
    ASSERT_TRUE(
        store.apply_one(SetRequest{.key = "b", .value = "\x01\x02", .kind = ValueKind::kBytes}));
  }
  store::Db file = db();
  EXPECT_EQ(text(file, "SELECT group_concat(name) FROM pragma_table_info('state')"),
            "key,value,is_binary,etag,expiration_time,update_time");
  EXPECT_EQ(text(file, "SELECT value FROM metadata WHERE key='migrations'"), "1");
  EXPECT_EQ(text(file, "SELECT value FROM state WHERE key='a' AND is_binary=0"), "{\"x\":1}");
  EXPECT_EQ(text(file, "SELECT value FROM state WHERE key='b' AND is_binary=1"), "AQI=");
  EXPECT_EQ(text(file, "SELECT length(etag) FROM state WHERE key='a'"), "36");
  EXPECT_EQ(text(file,
                 "SELECT strftime('%s',expiration_time)-strftime('%s',update_time) FROM state"
                 " WHERE key='a'"),
            "60");
}

TEST_F(SqliteStoreTest, AFileOfALaterDaprIsReadAndWritten) {
  {
    store::Db file = db();
    ASSERT_TRUE(
        file.define("parse_key_prefix", [](std::string_view key) { return std::string(key); }));
    const auto made = file.script(
        "CREATE TABLE metadata(key text NOT NULL PRIMARY KEY, value text NOT NULL);"
        "INSERT INTO metadata VALUES('migrations','2');"
        "CREATE TABLE state(key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL,"
        " is_binary BOOLEAN NOT NULL, etag TEXT NOT NULL, expiration_time TIMESTAMP DEFAULT NULL,"
        " update_time TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,"
        " prefix TEXT GENERATED ALWAYS AS (parse_key_prefix(key)) VIRTUAL);"
        "CREATE INDEX state_prefix_index ON state(prefix) WHERE prefix != '';"
        "INSERT INTO state(key,value,is_binary,etag) VALUES('app||old','\"v\"',0,'e');");
    ASSERT_TRUE(made) << made.error().message;
  }
  RunningStore store("state.sqlite", metadata());
  ASSERT_TRUE(store.opened()) << store.opened().error().message;
  EXPECT_EQ(store.value("app||old"), "\"v\"");
  ASSERT_TRUE(store.set("app||new", "1"));
  EXPECT_EQ(store.value("app||new"), "1");
}

TEST_F(SqliteStoreTest, ValuesSurviveARestart) {
  {
    RunningStore store("state.sqlite", metadata());
    ASSERT_TRUE(store.set("key", "1"));
  }
  RunningStore store("state.sqlite", metadata());
  EXPECT_EQ(store.value("key"), "1");
}

TEST_F(SqliteStoreTest, TwoComponentsShareAFile) {
  SimLoop loop;
  store::OpenFiles files;
  RunningStore first(loop, files, "state.sqlite", metadata());
  {
    RunningStore second(loop, files, "state.sqlite", metadata({{"tableName", "other"}}));
    ASSERT_TRUE(second.opened()) << second.opened().error().message;
    ASSERT_TRUE(second.set("key", "2"));
    ASSERT_TRUE(first.set("key", "1"));
    EXPECT_EQ(second.value("key"), "2");
  }
  EXPECT_EQ(first.value("key"), "1");
  EXPECT_TRUE(first.set("key", "3")) << "the other's end has not closed the file";
}

TEST_F(SqliteStoreTest, TwoComponentsInMemoryShareNothing) {
  SimLoop loop;
  store::OpenFiles files;
  RunningStore first(loop, files, "state.sqlite", {{"connectionString", ":memory:"}});
  RunningStore second(loop, files, "state.sqlite", {{"connectionString", ":memory:"}});
  ASSERT_TRUE(second.set("key", "2"));
  ASSERT_TRUE(first.set("key", "1"));
  EXPECT_EQ(second.value("key"), "2");
}

TEST_F(SqliteStoreTest, ADamagedFileIsReplacedAndTheStoreGoesOn) {
  std::ofstream(path_) << std::string(10'000, 'x');
  RunningStore store("state.sqlite", metadata());
  ASSERT_TRUE(store.opened()) << store.opened().error().message;
  EXPECT_TRUE(store.set("key", "1"));
  EXPECT_EQ(store.value("key"), "1");
}

Task<Status> sleep_in(SimLoop* loop, Duration duration) {
  co_return co_await sleep_for(*loop, Ctx::background(), duration);
}

TEST_F(SqliteStoreTest, ExpiredRowsAreRemovedAtTheInterval) {
  RunningStore store("state.sqlite", metadata({{"cleanupInterval", "10s"}}));
  ASSERT_TRUE(store.set("kept", "1"));
  ASSERT_TRUE(store.set("gone", "1", {{"ttlInSeconds", "5"}}));
  ASSERT_TRUE(run(store.loop(), sleep_in(&store.loop(), std::chrono::seconds(25))));
  auto reader = store::Db::open(path_, {.access = store::Access::kReadOnly});
  EXPECT_EQ(text(*reader, "SELECT group_concat(key) FROM state"), "kept");
  EXPECT_NE(text(*reader, "SELECT value FROM metadata WHERE key='last-cleanup'"), "");
}

TEST_F(SqliteStoreTest, WrongFieldsAreNamed) {
  const auto message = [&](components::Metadata fields) {
    RunningStore store("state.sqlite", std::move(fields));
    EXPECT_FALSE(store.opened());
    if (store.opened()) return std::string();
    EXPECT_EQ(store.opened().error().code, Code::kInvalidArgument);
    return store.opened().error().message;
  };
  EXPECT_EQ(message({}), "field \"connectionString\" is required");
  EXPECT_EQ(message(metadata({{"timeout", "10ms"}})),
            "field \"timeout\" must be at least 1s, not \"10ms\"");
  EXPECT_EQ(message(metadata({{"tableName", "a b"}})),
            "field \"tableName\" may hold letters, digits and '_' only, not \"a b\"");
  EXPECT_EQ(message(metadata({{"metadataTableName", "x;"}})),
            "field \"metadataTableName\" may hold letters, digits and '_' only, not \"x;\"");
  EXPECT_EQ(message({{"connectionString", "a.db?_pragma=journal_mode(OFF)"}}),
            "field \"connectionString\" has the forbidden option '_pragma=journal_mode'");
}

TEST_F(SqliteStoreTest, AFolderThatIsMissingIsAnError) {
  RunningStore store("state.sqlite", {{"connectionString", dir_.file("none/state.db")}});
  ASSERT_FALSE(store.opened());
  EXPECT_NE(store.opened().error().message.find("none/state.db"), std::string::npos);
}

TEST(SqliteOptionsTest, ConnectionStrings) {
  const auto path = [](const std::string& text) {
    return read_sqlite_options({{"connectionString", text}})->path;
  };
  EXPECT_EQ(path("data.db"), "data.db");
  EXPECT_EQ(path("file:data.db?cache=shared"), "data.db");
  EXPECT_EQ(path("file:///var/lib/my%20data.db"), "/var/lib/my data.db");
  EXPECT_EQ(path(":memory:"), ":memory:");
  EXPECT_EQ(path("file::memory:?cache=shared"), ":memory:");
  EXPECT_EQ(path("file:x?mode=memory"), ":memory:");
}

// Writes keys of its own in a loop and tells the parent of each answer.
Task<void> write_keys(RunningStore* store, int writer, int report) {
  for (int i = 0;; ++i) {
    const std::int64_t id = writer * 1'000'000LL + i;
    std::vector<Operation> set{
        SetRequest{.key = "w" + std::to_string(writer), .value = std::to_string(id)},
        SetRequest{.key = "k" + std::to_string(id), .value = "1"}};
    auto done = co_await store->store().transact(Ctx::background(), std::move(set));
    if (done && ::write(report, &id, sizeof id) != sizeof id) ::_exit(4);
  }
}

[[noreturn]] void write_until_killed(const components::Metadata& fields, int report) {
  RunningStore store("state.sqlite", fields);
  TaskGroup group(store.loop(), "writers");
  for (int writer = 0; writer < 8; ++writer) group.spawn(write_keys(&store, writer, report));
  store.loop().run_until([] { return false; });
  ::_exit(5);
}

TEST_F(SqliteStoreTest, NothingAnsweredIsLostByKill) {
  for (int round = 0; round < 8; ++round) {
    std::filesystem::remove(path_);
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) write_until_killed(metadata(), ends[1]);
    ::close(ends[1]);
    std::map<std::int64_t, std::int64_t> last;
    std::vector<std::string> keys;
    std::int64_t id = 0;
    while (::read(ends[0], &id, sizeof id) == sizeof id) {
      last[id / 1'000'000] = id;
      keys.push_back("k" + std::to_string(id));
      if (keys.size() == 60U + 17U * round) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "child ended with " << status;

    RunningStore store("state.sqlite", metadata());
    ASSERT_TRUE(store.opened()) << store.opened().error().message;
    for (const Item& item : *store.get_all(keys)) ASSERT_TRUE(item.value) << item.key << " is lost";
    for (const auto& [writer, value] : last) {
      EXPECT_GE(std::stoll(*store.value("w" + std::to_string(writer))), value);
    }
  }
}

Task<void> expect_value(Store* store, std::string key, std::string expected) {
  std::vector<std::string> keys;
  keys.push_back(key);
  const auto items = co_await store->get(Ctx::background(), std::move(keys));
  EXPECT_TRUE(items && items->size() == 1 && items->front().key == key) << key;
  if (items && items->size() == 1) EXPECT_EQ(items->front().value.value_or("none"), expected);
}

Task<void> expect_values(Loop* loop, Store* store, std::string expected) {
  TaskGroup group(*loop, "reads");
  for (int i = 0; i < 200; ++i) {
    const std::string key = "k" + std::to_string(i % 3);
    group.spawn(expect_value(store, key, key == "k2" ? "none" : expected));
  }
  co_await group.wait();
}

TEST_F(SqliteStoreTest, WhatIsReadTogetherSeesWhatWasAnsweredAndHoldsNothingUp) {
  RunningStore store("state.sqlite", metadata());
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(store.set("k0", std::to_string(i)));
    ASSERT_TRUE(store.set("k1", std::to_string(i)));
    run(store.loop(), expect_values(&store.loop(), &store.store(), std::to_string(i)));
    const auto all = store.get_all({"k0", "k1", "k2"});
    ASSERT_TRUE(all);
    EXPECT_EQ(all->size(), 3U);
    EXPECT_EQ(store.value("k1"), std::to_string(i));
  }
  ASSERT_TRUE(store.remove("k0"));
  EXPECT_FALSE(store.value("k0"));
  store::Db file = db();
  EXPECT_EQ(text(file, "PRAGMA wal_checkpoint(TRUNCATE)"), "0") << "a reader is in the way";
}

}  // namespace
}  // namespace edge::state
