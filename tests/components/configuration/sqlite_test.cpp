// What only configuration.sqlite promises: revisions, their history, durability, limits.
#include "components/configuration/sqlite.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "edge/base/log.h"
#include "edge/loop/sim_loop.h"
#include "edge/loop/task_group.h"
#include "tests/components/configuration/fixture.h"
#include "tests/support/temp_dir.h"

namespace edge::configuration {
namespace {

constexpr const char* kType = "configuration.sqlite";

class SqliteConfigurationTest : public testing::Test {
 protected:
  components::Metadata fields(components::Metadata more = {}) {
    more.emplace("connectionString", path_);
    return more;
  }

  test::TempDir dir_;
  std::string path_ = dir_.file("hub.db");
};

TEST_F(SqliteConfigurationTest, ARevisionIsANumberForAllItsKeys) {
  RunningStore store(kType, fields());
  EXPECT_EQ(store.editable()->revision(), 0U);
  const auto written = store.write({{"a", "1"}, {"b", "2"}});
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written->revision, 1U);
  EXPECT_EQ(written->changed, 2U);
  ASSERT_EQ(store.set("b", "3")->revision, 2U);
  EXPECT_EQ(store.get({"a"}).at("a").version, "1");
  EXPECT_EQ(store.get({"b"}).at("b").version, "2");
  EXPECT_EQ(store.editable()->revision(), 2U);
}

TEST_F(SqliteConfigurationTest, WhatIsThereAlreadyIsNoChange) {
  RunningStore store(kType, fields());
  ASSERT_TRUE(store.set("a", "1"));
  Told told;
  store.subscribe({}, &told);
  const auto same = store.write({{"a", "1"}, {"never", std::nullopt}});
  EXPECT_EQ(same->revision, 1U);
  EXPECT_EQ(same->changed, 0U);
  EXPECT_TRUE(told.empty());
  EXPECT_EQ(store.history().size(), 1U);
  const auto partly = store.write({{"a", "1"}, {"b", ""}});
  EXPECT_EQ(partly->changed, 1U);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].size(), 1U);
  EXPECT_EQ(store.value("b"), "") << "an empty value is a value";
}

TEST_F(SqliteConfigurationTest, TheLastChangeOfAKeyCounts) {
  RunningStore store(kType, fields());
  EXPECT_EQ(store.write({{"a", "1"}, {"a", std::nullopt}, {"a", "2"}})->changed, 1U);
  EXPECT_EQ(store.value("a"), "2");
}

TEST_F(SqliteConfigurationTest, ASubscriberIsCalledOnceForARevision) {
  RunningStore store(kType, fields());
  Told told;
  store.subscribe({"a", "b", "a"}, &told);
  ASSERT_TRUE(store.write({{"a", "1"}, {"b", "2"}, {"c", "3"}}));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].size(), 2U);
}

TEST_F(SqliteConfigurationTest, EverythingIsThereAfterARestart) {
  {
    RunningStore store(kType, fields());
    ASSERT_TRUE(store.write({{"a", "1"}, {"灯", std::string("a\0b", 3)}, {"gone", "x"}}));
    ASSERT_TRUE(store.write({{"gone", std::nullopt}}));
  }
  RunningStore store(kType, fields());
  EXPECT_EQ(store.editable()->revision(), 2U) << "the number of a deletion is not given again";
  EXPECT_EQ(store.value("a"), "1");
  EXPECT_EQ(store.value("灯"), std::string("a\0b", 3));
  EXPECT_EQ(store.get({}).size(), 2U);
  EXPECT_EQ(store.get({"a"}).at("a").version, "1");
  EXPECT_EQ(store.set("b", "2")->revision, 3U);
}

TEST_F(SqliteConfigurationTest, HistoryTellsWhatChanged) {
  RunningStore store(kType, fields());
  ASSERT_TRUE(store.write({{"a", "1"}, {"b", "2"}}, "first"));
  ASSERT_TRUE(store.write({{"a", std::nullopt}, {"b", "3"}, {"c", "4"}}, "second"));
  const auto past = store.history();
  ASSERT_EQ(past.size(), 2U);
  EXPECT_EQ(past[0].number, 2U);
  EXPECT_EQ(past[0].note, "second");
  EXPECT_GE(past[0].time, past[1].time);
  ASSERT_EQ(past[0].differences.size(), 3U);
  EXPECT_EQ(past[0].differences[0].key, "a");
  EXPECT_EQ(past[0].differences[0].before, "1");
  EXPECT_EQ(past[0].differences[0].after, std::nullopt);
  EXPECT_EQ(past[0].differences[1].before, "2");
  EXPECT_EQ(past[0].differences[1].after, "3");
  EXPECT_EQ(past[0].differences[2].before, std::nullopt);
  EXPECT_EQ(past[0].differences[2].after, "4");
  EXPECT_EQ(store.history(1).size(), 1U);
}

TEST_F(SqliteConfigurationTest, RollbackIsANewRevisionWithTheOldValues) {
  RunningStore store(kType, fields());
  ASSERT_TRUE(store.write({{"a", "1"}, {"b", "2"}}));
  ASSERT_TRUE(store.write({{"a", std::nullopt}, {"b", "3"}, {"c", "4"}}));
  ASSERT_TRUE(store.set("d", "5"));
  Told told;
  store.subscribe({"a", "c"}, &told);
  const auto back = store.rollback(1);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->revision, 4U);
  EXPECT_EQ(back->changed, 4U);
  EXPECT_EQ(store.get({}).size(), 2U);
  EXPECT_EQ(store.value("a"), "1");
  EXPECT_EQ(store.value("b"), "2");
  EXPECT_EQ(store.get({"a"}).at("a").version, "4");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].at("a").value, "1");
  EXPECT_EQ(told[0].at("c").version, "") << "deleted";
  EXPECT_EQ(store.history()[0].note, "rollback to revision 1");

  EXPECT_EQ(store.rollback(3)->revision, 5U);
  EXPECT_EQ(store.value("d"), "5");
  EXPECT_EQ(store.rollback(5)->changed, 0U) << "the current one";
  EXPECT_EQ(store.rollback(0)->changed, 3U) << "before the first one there was nothing";
  EXPECT_TRUE(store.get({}).empty());
}

TEST_F(SqliteConfigurationTest, OnlySoManyRevisionsAreKept) {
  RunningStore store(kType, fields({{"history", "3"}}));
  for (int i = 1; i <= 10; ++i) ASSERT_TRUE(store.set("a", std::to_string(i)));
  EXPECT_EQ(store.history().size(), 3U);
  EXPECT_EQ(store.history().back().differences[0].before, "7");
  const auto early = store.rollback(6);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, Code::kOutOfRange);
  EXPECT_EQ(early.error().message, "revision 6 is no longer kept; the oldest is 7");
  const auto late = store.rollback(11);
  EXPECT_EQ(late.error().code, Code::kNotFound);
  EXPECT_EQ(late.error().message, "there is no revision 11");
  EXPECT_EQ(store.rollback(7)->revision, 11U);
  EXPECT_EQ(store.value("a"), "7");
}

TEST_F(SqliteConfigurationTest, NoHistoryAtAllIsPossible) {
  RunningStore store(kType, fields({{"history", "0"}}));
  ASSERT_TRUE(store.set("a", "1"));
  ASSERT_TRUE(store.set("a", "2"));
  EXPECT_TRUE(store.history().empty());
  EXPECT_FALSE(store.rollback(1));
  EXPECT_EQ(store.value("a"), "2");
}

TEST_F(SqliteConfigurationTest, EarlierValuesAreKeptUpToABound) {
  const std::string large(kLongestValue, 'x');
  RunningStore store(kType, fields());
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(store.set("a", std::to_string(i) + large.substr(10)));
  }
  const auto past = store.history();
  EXPECT_LT(past.size(), 10U) << "an answer is bounded too";
  EXPECT_LT(std::filesystem::file_size(path_), 30U << 20);
  EXPECT_TRUE(store.rollback(30 - 15));
  EXPECT_EQ(store.rollback(30 - 20).error().code, Code::kOutOfRange);
}

TEST_F(SqliteConfigurationTest, LimitsAreNamed) {
  RunningStore store(kType, fields());
  const auto refusal = [&](std::vector<Change> changes) {
    const auto written = store.write(std::move(changes));
    return written ? "" : written.error().message;
  };
  EXPECT_EQ(refusal({{"", "x"}}), "key \"\": a key is UTF-8 text of 1 to 1024 bytes");
  EXPECT_NE(refusal({{std::string(1025, 'k'), "x"}}).find("1 to 1024 bytes"), std::string::npos);
  EXPECT_NE(refusal({{"\xff", "x"}}).find("UTF-8"), std::string::npos);
  EXPECT_EQ(refusal({{"k", "\xff"}}),
            "key \"k\": the value is not UTF-8 text; encode bytes as base64");
  EXPECT_NE(refusal({{"k", std::string(kLongestValue + 1, 'x')}}).find("at most 1 MiB"),
            std::string::npos);
  EXPECT_NE(refusal(std::vector<Change>(kMostChanges + 1, {"k", "v"})).find("at most 10000"),
            std::string::npos);
  EXPECT_FALSE(store.write({{"k", "v"}}, std::string(1025, 'n')));
  EXPECT_TRUE(store.set(std::string(1024, 'k'), std::string(kLongestValue, 'v')));
  EXPECT_EQ(store.editable()->revision(), 1U) << "a refused revision is none";
}

TEST_F(SqliteConfigurationTest, AFullStoreTakesLessAndNotMore) {
  RunningStore store(kType, fields());
  const std::string large(kLongestValue, 'x');
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(store.set("k" + std::to_string(i), large));
  const auto refused = store.set("k7", large);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
  EXPECT_NE(refused.error().message.find("takes 8 MiB"), std::string::npos);
  EXPECT_TRUE(store.write({{"k0", std::nullopt}, {"k7", large}}));
  EXPECT_TRUE(store.write({{"k1", std::nullopt}}));
}

TEST_F(SqliteConfigurationTest, StoresShareAFile) {
  SimLoop loop;
  store::OpenFiles files;
  RunningStore one(loop, files, "one", fields());
  RunningStore other(loop, files, "other", fields());
  ASSERT_TRUE(other.opened()) << other.opened().error().message;
  ASSERT_TRUE(one.write({{"a", "1"}, {"b", "2"}}));
  ASSERT_TRUE(other.set("a", "x"));
  EXPECT_EQ(one.value("a"), "1");
  EXPECT_EQ(other.value("a"), "x");
  EXPECT_EQ(other.editable()->revision(), 1U);
  EXPECT_EQ(other.get({}).size(), 1U);
  EXPECT_EQ(one.history().size(), 1U);
}

TEST_F(SqliteConfigurationTest, ASecondWriterOfTheSameRowsIsRefused) {
  SimLoop loop;
  store::OpenFiles files;
  RunningStore one(loop, files, "one", fields());
  RunningStore same(loop, files, "one", fields());
  ASSERT_TRUE(one.set("a", "1"));
  const auto refused = same.set("a", "2");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kAborted);
}

TEST_F(SqliteConfigurationTest, TwoHundredKeysAreOneCommit) {
  SimLoop loop;
  store::OpenFiles files;
  RunningStore store(loop, files, "one", fields());
  auto writer = files.open(path_, {}, {}, [](const Result<store::OpenReport>&) {});
  ASSERT_TRUE(writer);
  ASSERT_TRUE(store.set("first", "1"));
  const auto before = (*writer)->stats().commits.load();
  std::vector<Change> changes;
  for (int i = 0; i < 200; ++i) changes.push_back({"key" + std::to_string(i), "value"});
  ASSERT_TRUE(store.write(std::move(changes)));
  EXPECT_EQ((*writer)->stats().commits.load() - before, 1U);
}

TEST_F(SqliteConfigurationTest, WritesAtTheSameTimeFollowEachOther) {
  RunningStore store(kType, fields());
  std::vector<std::uint64_t> revisions;
  TaskGroup group(store.loop(), "writers");
  const auto write = [](RunningStore* to, std::string value,
                        std::vector<std::uint64_t>* out) -> Task<void> {
    std::vector<Change> changes;
    changes.push_back({"a", std::move(value)});
    auto written = co_await to->editable()->write(Ctx::background(), std::move(changes), "");
    if (written) out->push_back(written->revision);
  };
  for (int i = 0; i < 5; ++i) group.spawn(write(&store, std::to_string(i), &revisions));
  run(store.loop(), group.wait());
  EXPECT_EQ(revisions, (std::vector<std::uint64_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(store.value("a"), "4");
}

// What the disk has, memory has, also where the one who asked has gone.
TEST_F(SqliteConfigurationTest, ACallerThatLeavesHarmsNothing) {
  RunningStore store(kType, fields());
  CancelScope scope;
  TaskGroup group(store.loop(), "writer");
  const auto write = [](RunningStore* to, Ctx ctx) -> Task<void> {
    std::vector<Change> changes;
    changes.push_back({"a", "1"});
    auto written = co_await to->editable()->write(ctx, std::move(changes), "");
    EXPECT_TRUE(written);
  };
  group.spawn(write(&store, scope.ctx()));
  scope.cancel();
  run(store.loop(), group.wait());
  EXPECT_EQ(store.value("a"), "1");
  EXPECT_EQ(store.set("a", "2")->revision, 2U);
}

TEST_F(SqliteConfigurationTest, ADamagedFileIsSetAsideAndSaid) {
  {
    RunningStore store(kType, fields());
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(store.set("key" + std::to_string(i), std::string(2000, 'x')));
    }
  }
  {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.write(std::string(100, '\xAA').data(), 100);
  }
  std::string log;
  log::capture([&log](std::string_view line) { log += std::string(line) + "\n"; });
  {
    RunningStore store(kType, fields());
    ASSERT_TRUE(store.opened()) << store.opened().error().message;
    EXPECT_TRUE(store.set("after", "1"));
    EXPECT_EQ(store.value("after"), "1");
  }
  log::capture(nullptr);
  EXPECT_NE(log.find("database was damaged and has been set aside"), std::string::npos) << log;
}

TEST_F(SqliteConfigurationTest, FieldsAreChecked) {
  const auto refusal = [](components::Metadata metadata) {
    RunningStore store(kType, std::move(metadata));
    return store.opened() ? "" : store.opened().error().message;
  };
  EXPECT_EQ(refusal({}),
            "field \"connectionString\" is required here: name the database file; only a hub has "
            "a data directory");
  EXPECT_EQ(refusal(fields({{"history", "-1"}})),
            "field \"history\" is a number from 0 to 10000, not -1");
  EXPECT_EQ(refusal({{"connectionString", "file:" + path_}}), "");
}

// Writes revisions of two keys in a loop and tells the parent of each answer.
[[noreturn]] void write_until_killed(const components::Metadata& fields, int report) {
  RunningStore store(kType, fields);
  for (std::uint64_t i = store.editable()->revision() + 1;; ++i) {
    const auto written = store.write({{"a", std::to_string(i)}, {"b", std::to_string(i)}});
    if (!written || written->revision != i) ::_exit(4);
    if (::write(report, &i, sizeof i) != sizeof i) ::_exit(5);
  }
}

TEST_F(SqliteConfigurationTest, NothingAnsweredIsLostByKill) {
  std::uint64_t last = 0;
  for (int round = 0; round < 6; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) write_until_killed(fields(), ends[1]);
    ::close(ends[1]);
    std::uint64_t number = 0;
    int seen = 0;
    while (::read(ends[0], &number, sizeof number) == sizeof number) {
      last = number;
      if (++seen == 20 + 7 * round) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "child ended with " << status;
    RunningStore store(kType, fields());
    ASSERT_TRUE(store.opened()) << store.opened().error().message;
    EXPECT_GE(store.editable()->revision(), last);
    EXPECT_EQ(store.value("a"), std::to_string(store.editable()->revision()));
    EXPECT_EQ(store.value("a"), store.value("b")) << "a revision is whole";
  }
}

}  // namespace
}  // namespace edge::configuration
