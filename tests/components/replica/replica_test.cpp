// A copy of a source: steps are whole, and there after a restart.
#include "components/replica/replica.h"

#include <future>

#include <gtest/gtest.h>

#include "edge/loop/sim_loop.h"
#include "edge/store/db.h"
#include "tests/support/temp_dir.h"

namespace edge::replica {
namespace {

class ReplicaTest : public testing::Test {
 protected:
  struct Opened {
    explicit Opened(ReplicaTest& test, const std::string& scope = "here", Limits limits = {})
        : loop(test.loop_),
          replica(
              {.name = "store", .metadata = {}, .loop = loop, .files = test.files_, .data_dir = ""},
              "store/0", scope, limits) {
      const auto opened = run(loop, replica.open(Ctx::background(), test.path_));
      EXPECT_TRUE(opened) << opened.error().message;
    }
    ~Opened() { run(loop, replica.close()); }
    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;

    Result<Applied> replace(Values all, std::uint64_t revision) {
      return run(loop, replica.replace(std::move(all), {"c", revision}));
    }
    Result<Applied> apply(std::vector<Change> changes, std::uint64_t revision) {
      return run(loop, replica.apply(std::move(changes), {"c", revision}));
    }

    SimLoop& loop;
    Replica replica;
  };

  SimLoop loop_;
  store::OpenFiles files_;
  test::TempDir dir_;
  std::string path_ = dir_.file("hub.db");
};

std::vector<std::string> keys(const Differences& differences) {
  std::vector<std::string> all;
  for (const Difference& one : differences) all.push_back(one.key);
  return all;
}

TEST_F(ReplicaTest, HoldsNothingAtFirst) {
  const Opened first(*this);
  EXPECT_FALSE(first.replica.has_state());
  EXPECT_FALSE(first.replica.can_resume());
  EXPECT_TRUE(first.replica.values().empty());
}

TEST_F(ReplicaTest, SaysWhatAStepHasChanged) {
  Opened opened(*this);
  auto step = opened.replace({{"a", {"1", 1}}, {"b", {"2", 2}}, {"c", {"3", 3}}}, 5);
  ASSERT_TRUE(step) << step.error().message;
  EXPECT_EQ(keys((*step)->differences), (std::vector<std::string>{"a", "b", "c"}));
  step = opened.replace({{"a", {"1", 1}}, {"b", {"x", 6}}, {"d", {"4", 7}}}, 8);
  ASSERT_EQ(keys((*step)->differences), (std::vector<std::string>{"b", "c", "d"}));
  EXPECT_EQ((*step)->differences[0].before, (Value{"2", 2}));
  EXPECT_EQ((*step)->differences[0].after, (Value{"x", 6}));
  EXPECT_EQ((*step)->differences[1].after, std::nullopt);
  step = opened.apply({{"a", std::nullopt},
                       {"b", Value{"x", 6}},
                       {"none", std::nullopt},
                       {"d", Value{"5", 9}},
                       {"d", Value{"6", 9}}},
                      9);
  EXPECT_EQ(keys((*step)->differences), (std::vector<std::string>{"a", "d"}));
  EXPECT_EQ(opened.replica.values().at("d").text, "6");
  EXPECT_EQ(opened.replica.cursor().revision, 9U);
}

TEST_F(ReplicaTest, IsThereAfterARestart) {
  WallTime then;
  {
    Opened opened(*this);
    ASSERT_TRUE(opened.replace({{"a", {"1", 1}}, {"灯", {std::string("a\0b", 3), 2}}}, 5));
    ASSERT_TRUE(opened.apply({{"a", std::nullopt}, {"b", Value{"", 6}}}, 6));
    then = opened.replica.as_of();
  }
  loop_.advance(std::chrono::hours(24));
  const Opened opened(*this);
  EXPECT_TRUE(opened.replica.can_resume());
  EXPECT_EQ(opened.replica.cursor().origin, "c");
  EXPECT_EQ(opened.replica.cursor().revision, 6U);
  EXPECT_EQ(opened.replica.values(), (Values{{"b", {"", 6}}, {"灯", {std::string("a\0b", 3), 2}}}));
  EXPECT_LE(then - opened.replica.as_of(), std::chrono::milliseconds(1));
}

TEST_F(ReplicaTest, OfAnotherScopeIsDropped) {
  {
    ASSERT_TRUE(Opened(*this).replace({{"a", {"1", 1}}}, 5));
  }
  {
    const Opened other(*this, "elsewhere");
    EXPECT_FALSE(other.replica.has_state());
  }
  const Opened again(*this);
  EXPECT_FALSE(again.replica.has_state());
}

// What damage has taken is missed, and got back with the next whole state.
TEST_F(ReplicaTest, ThatLacksRowsServesTheOthersAndIsReadAgain) {
  const Values all = {{"a", {"1", 1}}, {"b", {"2", 2}}};
  {
    ASSERT_TRUE(Opened(*this).replace(all, 5));
  }
  {
    auto db = store::Db::open(path_, {});
    ASSERT_TRUE(db);
    ASSERT_TRUE(db->run("DELETE FROM replica_value WHERE key='a'"));
  }
  {
    Opened opened(*this);
    EXPECT_TRUE(opened.replica.has_state());
    EXPECT_FALSE(opened.replica.can_resume());
    EXPECT_EQ(opened.replica.values().size(), 1U);
    const auto step = opened.replace(all, 5);
    EXPECT_EQ(keys((*step)->differences), std::vector<std::string>{"a"});
  }
  EXPECT_TRUE(Opened(*this).replica.can_resume());
}

TEST_F(ReplicaTest, ThatHasOtherRowsThanMemoryIsWrittenAnew) {
  const Values all = {{"a", {"1", 1}}, {"b", {"2", 2}}};
  {
    Opened opened(*this);
    ASSERT_TRUE(opened.replace(all, 5));
    auto writer = files_.open(path_, {}, {}, [](const Result<store::OpenReport>&) {});
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->submit(
        [](store::Db& db) { return db.run("DELETE FROM replica_value WHERE key='a'"); },
        [](const Status&) {}));
    ASSERT_TRUE(opened.replace(all, 6));
  }
  EXPECT_EQ(Opened(*this).replica.values(), all);
}

TEST_F(ReplicaTest, IsBounded) {
  Opened opened(*this, "here", {.keys = 2, .bytes = 1 << 20});
  ASSERT_TRUE(opened.replace({{"a", {"1", 1}}}, 1));
  auto refused = opened.replace({{"a", {"1", 1}}, {"b", {"1", 1}}, {"c", {"1", 1}}}, 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
  EXPECT_EQ(refused.error().message,
            "there are 3 keys to take over and at most 2 are possible; choose a narrower prefix");
  refused = opened.apply({{"b", Value{std::string(1 << 20, 'x'), 2}}}, 2);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message.contains("at most 1 MiB are possible"));
  EXPECT_EQ(opened.replica.cursor().revision, 1U) << "nothing has changed";
  EXPECT_EQ(opened.replica.values().size(), 1U);
}

TEST_F(ReplicaTest, ToldThatNothingHasChangedWritesOnceAnHour) {
  {
    Opened opened(*this);
    ASSERT_TRUE(opened.replace({{"a", {"1", 1}}}, 5));
    std::promise<void> joined;  // by a commit of its own
    auto writer =
        files_.open(path_, {}, {}, [&](const Result<store::OpenReport>&) { joined.set_value(); });
    joined.get_future().wait();
    const auto before = (*writer)->stats().commits.load();
    for (std::uint64_t minute = 10; minute <= 120; minute += 10) {
      loop_.advance(std::chrono::minutes(10));
      run(loop_, opened.replica.confirm({"c", 5 + minute}));
    }
    EXPECT_EQ((*writer)->stats().commits.load() - before, 2U);
    EXPECT_EQ(opened.replica.cursor().revision, 125U);
  }
  EXPECT_EQ(Opened(*this).replica.cursor().revision, 125U);
}

TEST_F(ReplicaTest, AStepIsOneCommit) {
  Opened opened(*this);
  auto writer = files_.open(path_, {}, {}, [](const Result<store::OpenReport>&) {});
  ASSERT_TRUE(opened.replace({}, 1));
  const auto before = (*writer)->stats().commits.load();
  std::vector<Change> changes;
  for (int i = 0; i < 200; ++i) changes.push_back({"key" + std::to_string(i), Value{"v", 2}});
  ASSERT_TRUE(opened.apply(std::move(changes), 2));
  EXPECT_EQ((*writer)->stats().commits.load() - before, 1U);
}

}  // namespace
}  // namespace edge::replica
