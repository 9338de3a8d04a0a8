#include "edge/blocks/apps/health.h"

#include <gtest/gtest.h>

#include "edge/loop/sim_loop.h"
#include "edge/loop/task_group.h"
#include "tests/edge/blocks/fake_channel.h"

namespace edge::blocks {
namespace {

using std::chrono::seconds;

// Answers as it is told, or never.
class ScriptedProbe final : public HealthProbe {
 public:
  explicit ScriptedProbe(Loop& loop) : loop_(loop) {}
  Task<Status> probe(Ctx ctx) override {
    ++probes;
    if (hangs) {
      co_return co_await sleep_for(loop_, ctx, std::chrono::hours(1));
    }
    if (fails) co_return Error{Code::kUnavailable, "health check answered 500"};
    co_return Status();
  }
  bool fails = false;
  bool hangs = false;
  int probes = 0;

 private:
  Loop& loop_;
};

class HealthWatchTest : public ::testing::Test {
 protected:
  HealthWatchTest() {
    watch_.on_change([this](AppHealth health) { changes_.push_back(health); });
    group_.spawn(watch_.run(group_.ctx()));
  }
  ~HealthWatchTest() override { run(loop_, group_.close()); }

  SimLoop loop_;
  App app_{loop_, {}, std::make_unique<FakeChannel>()};
  ScriptedProbe probe_{loop_};
  HealthWatch watch_{loop_, app_, probe_, {seconds(5), std::chrono::milliseconds(500), 3}};
  std::vector<AppHealth> changes_;
  TaskGroup group_{loop_, "health"};
};

TEST_F(HealthWatchTest, OneSuccessMakesHealthy) {
  EXPECT_EQ(app_.health(), AppHealth::kHealthy);
  EXPECT_EQ(changes_, std::vector{AppHealth::kHealthy});
}

TEST_F(HealthWatchTest, ThresholdOfFailuresInARowMakesUnhealthy) {
  probe_.fails = true;
  loop_.advance(seconds(10));
  EXPECT_EQ(app_.health(), AppHealth::kHealthy);
  loop_.advance(seconds(5));
  EXPECT_EQ(app_.health(), AppHealth::kUnhealthy);
  probe_.fails = false;
  loop_.advance(seconds(5));
  EXPECT_EQ(app_.health(), AppHealth::kHealthy);
}

TEST(HealthWatch, MayWantSeveralSuccessesToComeBack) {
  SimLoop loop;
  App app(loop, {}, std::make_unique<FakeChannel>());
  ScriptedProbe probe(loop);
  HealthWatch watch(loop, app, probe, {seconds(5), seconds(1), 1, 2});
  TaskGroup group(loop, "health");
  group.spawn(watch.run(group.ctx()));
  loop.advance(seconds(1));
  EXPECT_EQ(app.health(), AppHealth::kHealthy);  // the first time one is enough
  for (const bool fails : {true, false}) {
    probe.fails = fails;
    loop.advance(seconds(5));
    EXPECT_EQ(app.health(), AppHealth::kUnhealthy);
  }
  loop.advance(seconds(5));
  EXPECT_EQ(app.health(), AppHealth::kHealthy);
  run(loop, group.close());
}

TEST_F(HealthWatchTest, ASuccessForgivesEarlierFailures) {
  for (int day = 0; day < 4; ++day) {
    probe_.fails = true;
    loop_.advance(seconds(10));
    probe_.fails = false;
    loop_.advance(seconds(5));
  }
  EXPECT_EQ(app_.health(), AppHealth::kHealthy);
  EXPECT_EQ(changes_.size(), 1u);
}

TEST_F(HealthWatchTest, AProbeThatHangsIsAFailure) {
  probe_.hangs = true;
  loop_.advance(seconds(16));
  EXPECT_EQ(app_.health(), AppHealth::kUnhealthy);
}

}  // namespace
}  // namespace edge::blocks
