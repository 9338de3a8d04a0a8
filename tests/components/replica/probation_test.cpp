// A revision on probation: passed in time, rolled back where apps become unwell, also by a restart.
#include "components/replica/probation.h"

#include <fstream>

#include <gtest/gtest.h>

#include "edge/loop/sim_loop.h"
#include "tests/support/temp_dir.h"

namespace edge::replica {
namespace {

constexpr Duration kLength = std::chrono::seconds(60);

class ProbationTest : public testing::Test {
 protected:
  enum class End : std::uint8_t { kInOrder, kPowerCut };

  struct Opened {
    explicit Opened(ProbationTest& from, End how = End::kInOrder)
        : test(from), end(how), replica(context(), "store/0", "here", {}) {
      replica.put_on_probation(test.health());
      const auto opened = run(test.loop_, replica.open(Ctx::background(), test.path_));
      EXPECT_TRUE(opened) << opened.error().message;
      probation = std::make_unique<Probation>(
          test.loop_, replica, ProbationOptions{"store/all", kLength, test.health()},
          [this](const Step& step) { seen += step.served().size(); });
      probation->start();
    }
    // A power cut is a file as it was at that moment.
    ~Opened() {
      if (end == End::kPowerCut) test.save();
      run(test.loop_, probation->close());
      run(test.loop_, replica.close());
      if (end == End::kPowerCut) test.restore();
    }
    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;

    components::Context context() const {
      return {.name = "store",
              .metadata = {},
              .loop = test.loop_,
              .files = test.files_,
              .data_dir = ""};
    }
    void replace(const std::string& text, std::uint64_t revision) {
      const auto done =
          run(test.loop_, replica.replace({{"a", {text, revision}}}, {"c", revision}));
      ASSERT_TRUE(done) << done.error().message;
      probation->stepped();
    }
    std::string served() const { return replica.values().at("a").text; }
    Standing standing() const { return replica.guard().standing; }
    void wait_until_over() {
      test.loop_.run_until([this] { return standing() != Standing::kOnProbation; });
    }

    ProbationTest& test;
    End end;
    Replica replica;
    std::unique_ptr<Probation> probation;
    std::size_t seen = 0;  // differences that were told
  };

  Health health() {
    return {
        [this] { return well_; },
        [this](const std::string& app) { return !well_.contains(app) && !gone_.contains(app); }};
  }
  // The file with its log, as they are.
  void save() {
    saved_ = dir_.file("saved" + std::to_string(++saves_) + ".db");
    for (const char* end : {"", "-wal"}) {
      const std::ifstream from(path_ + end, std::ios::binary);
      std::ofstream(saved_ + end, std::ios::binary) << from.rdbuf();
    }
  }
  void restore() { path_ = saved_; }

  SimLoop loop_;
  store::OpenFiles files_;
  test::TempDir dir_;
  std::string path_ = dir_.file("hub.db");
  std::string saved_;
  int saves_ = 0;
  std::set<std::string> well_ = {"lamp"};
  std::set<std::string> gone_;
};

TEST_F(ProbationTest, PassesInTime) {
  Opened opened(*this);
  opened.replace("1", 1);
  EXPECT_EQ(opened.standing(), Standing::kProven);
  opened.replace("2", 2);
  const TimePoint began = loop_.now();
  opened.wait_until_over();
  EXPECT_EQ(loop_.now() - began, kLength);
  EXPECT_EQ(opened.standing(), Standing::kProven);
  EXPECT_EQ(opened.served(), "2");
  EXPECT_EQ(opened.seen, 0U);
}

TEST_F(ProbationTest, AnAppThatBecomesUnwellRollsBackAtOnce) {
  Opened opened(*this);
  opened.replace("1", 1);
  opened.replace("2", 2);
  loop_.advance(std::chrono::seconds(20));
  opened.probation->suspect("lamp");
  const TimePoint then = loop_.now();
  opened.wait_until_over();
  EXPECT_EQ(loop_.now(), then);
  EXPECT_EQ(opened.standing(), Standing::kRolledBack);
  EXPECT_EQ(opened.served(), "1");
  EXPECT_EQ(opened.replica.guard().reason, "the app lamp has become unhealthy");
  EXPECT_EQ(opened.seen, 1U);
  EXPECT_EQ(opened.probation->rollbacks(), 1U);
}

TEST_F(ProbationTest, AnAppIsAskedAtTheEnd) {
  Opened opened(*this);
  opened.replace("1", 1);
  opened.replace("2", 2);
  well_.clear();
  opened.wait_until_over();
  EXPECT_EQ(opened.standing(), Standing::kRolledBack);
  EXPECT_EQ(opened.replica.guard().reason, "the app lamp was healthy before and is not");
}

TEST_F(ProbationTest, AnAppThatWasNotWellBeforeOrIsGoneSaysNothing) {
  well_ = {"fan"};
  Opened opened(*this);
  opened.replace("1", 1);
  opened.replace("2", 2);
  well_ = {};
  gone_ = {"fan"};
  opened.wait_until_over();
  EXPECT_EQ(opened.standing(), Standing::kProven);
}

// An app that this revision keeps from coming up cannot become unwell.
TEST_F(ProbationTest, AfterAStartWhoWasWellBeforeHasToComeUp) {
  {
    Opened opened(*this);
    opened.replace("1", 1);
    opened.replace("2", 2);
    opened.wait_until_over();
    EXPECT_EQ(opened.replica.guard().witnesses, well_);
  }
  const auto on_the_way_up = std::exchange(well_, {});
  {
    Opened opened(*this);
    opened.replace("3", 3);
    opened.wait_until_over();
    EXPECT_EQ(opened.standing(), Standing::kRolledBack);
    EXPECT_EQ(opened.replica.guard().reason, "the app lamp was healthy before and is not");
    EXPECT_EQ(opened.served(), "2");
    opened.replace("2", 4);
    EXPECT_EQ(opened.standing(), Standing::kProven);
    loop_.advance(Replica::kStartUp);
    opened.replace("4", 5);
    opened.wait_until_over();
    EXPECT_EQ(opened.served(), "4") << "it was not well with what was proven, either";
    EXPECT_EQ(opened.replica.guard().witnesses, well_);
  }
  Opened opened(*this);
  opened.replace("5", 6);
  well_ = on_the_way_up;
  opened.wait_until_over();
  EXPECT_EQ(opened.served(), "5");
}

TEST_F(ProbationTest, EachRevisionHasItsOwnTime) {
  Opened opened(*this);
  opened.replace("1", 1);
  opened.replace("2", 2);
  loop_.advance(std::chrono::seconds(40));
  opened.replace("3", 3);
  loop_.advance(std::chrono::seconds(40));
  EXPECT_EQ(opened.standing(), Standing::kOnProbation);
  opened.probation->suspect("lamp");
  opened.wait_until_over();
  EXPECT_EQ(opened.served(), "1") << "neither has passed";
}

TEST_F(ProbationTest, BeforeAnythingIsOnProbationASuspicionIsNothing) {
  Opened opened(*this);
  opened.replace("1", 1);
  opened.probation->suspect("lamp");
  opened.replace("2", 2);
  loop_.advance(std::chrono::seconds(30));
  EXPECT_EQ(opened.standing(), Standing::kOnProbation);
}

TEST_F(ProbationTest, ASuspicionWhileItIsRolledBackIsNotTheNextOnes) {
  Opened opened(*this);
  opened.replace("1", 1);
  opened.replace("2", 2);
  opened.probation->suspect("lamp");
  loop_.run_until([&opened] {
    opened.probation->suspect("fan");
    return opened.standing() == Standing::kRolledBack;
  });
  opened.replace("3", 3);
  loop_.advance(std::chrono::seconds(30));
  EXPECT_EQ(opened.standing(), Standing::kOnProbation);
  EXPECT_EQ(opened.served(), "3");
}

TEST_F(ProbationTest, GoesOnAfterARestart) {
  {
    Opened opened(*this);
    opened.replace("1", 1);
    opened.replace("2", 2);
  }
  Opened opened(*this);
  EXPECT_EQ(opened.standing(), Standing::kOnProbation);
  EXPECT_EQ(opened.served(), "2");
  well_.clear();
  opened.wait_until_over();
  EXPECT_EQ(opened.served(), "1") << "lamp was well before";
}

TEST_F(ProbationTest, WhatIsWithheldStaysSoAfterARestart) {
  for (const End end : {End::kInOrder, End::kPowerCut}) {
    path_ = dir_.file("hub" + std::to_string(++saves_) + ".db");
    {
      Opened opened(*this, end);
      opened.replace("1", 1);
      opened.replace("2", 2);
      opened.probation->suspect("lamp");
      opened.wait_until_over();
    }
    {
      Opened opened(*this, end);
      EXPECT_EQ(opened.standing(), Standing::kRolledBack);
      EXPECT_EQ(opened.served(), "1");
      EXPECT_EQ(opened.replica.guard().reason, "the app lamp has become unhealthy");
      opened.replace("2", 9);
      EXPECT_EQ(opened.served(), "1") << "the same again";
      opened.replace("3", 10);
      EXPECT_EQ(opened.served(), "3");
      opened.wait_until_over();
    }
    EXPECT_EQ(Opened(*this).served(), "3");
    EXPECT_EQ(Opened(*this).standing(), Standing::kProven);
  }
}

TEST_F(ProbationTest, AHubThatDoesNotStayUpRollsBack) {
  {
    Opened opened(*this, End::kPowerCut);
    opened.replace("1", 1);
    opened.replace("2", 2);
  }
  for (unsigned start = 1; start < Replica::kMostStarts; ++start) {
    const Opened opened(*this, End::kPowerCut);
    EXPECT_EQ(opened.served(), "2") << start;
  }
  {
    const Opened opened(*this, End::kPowerCut);
    EXPECT_EQ(opened.standing(), Standing::kRolledBack);
    EXPECT_EQ(opened.served(), "1");
  }
  EXPECT_EQ(Opened(*this).served(), "1");
}

TEST_F(ProbationTest, EndsInOrderAreNotCounted) {
  {
    Opened opened(*this);
    opened.replace("1", 1);
    opened.replace("2", 2);
  }
  for (unsigned start = 0; start < 2 * Replica::kMostStarts; ++start) {
    EXPECT_EQ(Opened(*this).served(), "2");
  }
}

TEST_F(ProbationTest, WithoutProbationWhatIsWithheldIsServed) {
  {
    Opened opened(*this);
    opened.replace("1", 1);
    opened.replace("2", 2);
    opened.probation->suspect("lamp");
    opened.wait_until_over();
  }
  const components::Context context{
      .name = "store", .metadata = {}, .loop = loop_, .files = files_, .data_dir = ""};
  Replica replica(context, "store/0", "here", {});
  ASSERT_TRUE(run(loop_, replica.open(Ctx::background(), path_)));
  EXPECT_EQ(replica.values().at("a").text, "2");
  EXPECT_EQ(replica.guard().standing, Standing::kProven);
  run(loop_, replica.close());
}

}  // namespace
}  // namespace edge::replica
