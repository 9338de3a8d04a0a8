#include "edge/cli/run/child.h"

#include <csignal>
#include <poll.h>
#include <sys/types.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace edge::cli {
namespace {

ChildPlan shell(const std::string& script) {
  ChildPlan plan;
  plan.command = {"sh", "-c", script};
  plan.prefix = "| ";
  return plan;
}

// What is printed on our own standard output, which a child's lines are copied to.
class Capture {
 public:
  Capture() { testing::internal::CaptureStdout(); }
  std::string take() { return testing::internal::GetCapturedStdout(); }
};

// Passes on output until the child has ended, or for ten seconds.
void wait_for_end(Child& child) {
  for (int turns = 0; child.is_running() && turns < 1000; ++turns) {
    std::vector<pollfd> waits;
    for (const int output : child.outputs()) waits.push_back({output, POLLIN, 0});
    ::poll(waits.data(), waits.size(), 10);
    child.pump();
    child.reap();
  }
  ASSERT_FALSE(child.is_running());
}

TEST(Child, CopiesItsLinesAndGivesItsCode) {
  Capture capture;
  auto child = Child::start(shell("echo one; printf two; exit 7"));
  ASSERT_TRUE(child);
  wait_for_end(*child);
  EXPECT_EQ(capture.take(), "| one\n| two\n");
  EXPECT_EQ(child->code(), 7);
}

TEST(Child, IsToldTheEnvironmentOfItsPlan) {
  Capture capture;
  ::setenv("EDGE_CHILD_LEFT_OUT", "here", 1);
  ChildPlan plan = shell("echo $APP_ID-$EDGE_CHILD_LEFT_OUT-");
  plan.environment = {{"APP_ID", "lamp"}};
  plan.without = {"EDGE_CHILD_LEFT_OUT"};
  auto child = Child::start(plan);
  ::unsetenv("EDGE_CHILD_LEFT_OUT");
  ASSERT_TRUE(child);
  wait_for_end(*child);
  EXPECT_EQ(capture.take(), "| lamp--\n");
}

TEST(Child, ReadsNothingUnlessItIsGivenOurInput) {
  auto child = Child::start(shell("read line && exit 1; exit 0"));
  ASSERT_TRUE(child);
  wait_for_end(*child);
  EXPECT_EQ(child->code(), 0);
}

TEST(Child, HasDefaultSignalsAndNoneBlocked) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, &before);
  const auto old = std::signal(SIGPIPE, SIG_IGN);
  Capture capture;
  auto child = Child::start(shell("grep -E 'SigBlk|SigIgn' /proc/self/status"));
  std::signal(SIGPIPE, old);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  ASSERT_TRUE(child);
  wait_for_end(*child);
  EXPECT_EQ(capture.take(), "| SigBlk:\t0000000000000000\n| SigIgn:\t0000000000000000\n");
}

TEST(Child, ASignalReachesWhatItStarted) {
  // The shell waits for a child of its own and would not end before it.
  auto child = Child::start(shell("sleep 600; exit 3"));
  ASSERT_TRUE(child);
  child->signal(SIGTERM);
  wait_for_end(*child);
  EXPECT_EQ(child->code(), 128 + SIGTERM);
}

TEST(Child, DoesNotWaitForWhatItLeavesBehind) {
  Capture capture;
  auto child = Child::start(shell("sleep 600 & echo $!"));
  ASSERT_TRUE(child);
  wait_for_end(*child);
  const std::string printed = capture.take();
  ASSERT_GT(printed.size(), 2U);
  ::kill(static_cast<pid_t>(std::stol(printed.substr(2))), SIGKILL);
  EXPECT_EQ(child->code(), 0);
}

TEST(Child, SaysThatAProgramCannotBeRun) {
  ChildPlan plan;
  plan.command = {"/does/not/exist"};
  auto missing = Child::start(plan);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::kNotFound);
  plan.command = {"/etc/passwd"};
  auto no_program = Child::start(plan);
  ASSERT_FALSE(no_program);
  EXPECT_EQ(no_program.error().code, Code::kPermissionDenied);
}

}  // namespace
}  // namespace edge::cli
