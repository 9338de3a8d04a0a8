#include "edge/net/mdns/resolver.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "edge/loop/sim_loop.h"
#include "edge/loop/task_group.h"
#include "tests/edge/net/mdns/fake_link.h"

namespace edge::mdns {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Ipv4 kAddress{192, 0, 2, 7};

Task<void> store(Task<Status> task, std::optional<Status>* out) {
  auto result = co_await std::move(task);
  out->emplace(std::move(result));
}

class ResolverTest : public ::testing::Test {
 protected:
  ~ResolverTest() override { run(loop_, group_.close()); }

  void begin(const std::string& name, std::optional<Status>* out) {
    group_.spawn(store(resolver_.seek(group_.ctx(), name), out));
  }
  Status seek(const std::string& name) {
    return run(loop_, resolver_.seek(Ctx::background(), name));
  }
  void hear(const Service& one, const Ipv4& address = kAddress,
            Sender sender = Sender::kElsewhere) {
    resolver_.heard(parsed(print_service(one, address)), sender);
  }
  // It is sought, and answers at once.
  void find(const Service& one) {
    std::optional<Status> sought;
    begin(one.text, &sought);
    hear(one);
    loop_.advance(milliseconds(1));
    ASSERT_TRUE(sought && *sought);
  }

  SimLoop loop_;
  FakeLink link_;
  Resolver resolver_{loop_, link_};
  TaskGroup group_{loop_, "test"};
};

TEST_F(ResolverTest, FindsWhoAnswersAtOnce) {
  std::optional<Status> sought;
  begin("lamp", &sought);
  EXPECT_EQ(link_.questions.size(), 1U);
  loop_.advance(milliseconds(50));
  EXPECT_FALSE(sought);
  hear(service("lamp"));
  loop_.advance(milliseconds(1));
  ASSERT_TRUE(sought);
  EXPECT_TRUE(*sought);
  EXPECT_EQ(resolver_.next("lamp"), (Endpoint{kAddress, 50002}));
}

TEST_F(ResolverTest, WhatIsKnownCostsNoQuestion) {
  find(service("lamp"));
  EXPECT_TRUE(seek("lamp"));
  EXPECT_EQ(link_.questions.size(), 1U);
}

TEST_F(ResolverTest, ManyWhoSeekAskOnce) {
  std::vector<std::optional<Status>> sought(50);
  for (auto& one : sought) begin("lamp", &one);
  EXPECT_EQ(link_.questions.size(), 1U);
  hear(service("lamp"));
  loop_.advance(milliseconds(1));
  for (const auto& one : sought) EXPECT_TRUE(one && *one);
}

TEST_F(ResolverTest, WhoDoesNotAnswerIsNotThere) {
  const TimePoint began = loop_.now();
  const Status sought = seek("lamp");
  ASSERT_FALSE(sought);
  EXPECT_EQ(sought.error().code, Code::kNotFound);
  EXPECT_EQ(sought.error().message, "couldn't find service: lamp");
  EXPECT_EQ(loop_.now() - began, milliseconds(1500));
  EXPECT_EQ(link_.questions.size(), 2U) << "the first may have been lost";
}

TEST_F(ResolverTest, ThatItIsNotThereIsRememberedShortly) {
  EXPECT_FALSE(seek("lamp"));
  const TimePoint began = loop_.now();
  EXPECT_FALSE(seek("lamp"));
  EXPECT_EQ(loop_.now(), began);
  loop_.advance(seconds(3));
  EXPECT_FALSE(seek("lamp"));
  EXPECT_GT(loop_.now(), began + seconds(4));
  hear(service("lamp"));
  EXPECT_TRUE(seek("lamp")) << "who comes is known at once";
}

TEST_F(ResolverTest, NamesThatAreNoLabelsAreNotSought) {
  EXPECT_FALSE(seek(""));
  EXPECT_FALSE(seek(std::string(64, 'a')));
  EXPECT_TRUE(link_.questions.empty());
}

TEST_F(ResolverTest, SeveralAreTakenInTurn) {
  find(service("lamp", "a", 1));
  hear(service("lamp", "b", 2));
  const auto first = resolver_.next("lamp");
  const auto second = resolver_.next("lamp");
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->port, second->port);
  EXPECT_EQ(resolver_.next("lamp"), first);
}

TEST_F(ResolverTest, AGoodbyeIsBelieved) {
  find(service("lamp"));
  resolver_.heard(parsed(print_goodbye(service("lamp"))), Sender::kElsewhere);
  EXPECT_FALSE(resolver_.next("lamp"));
  EXPECT_FALSE(seek("lamp"));
}

TEST_F(ResolverTest, OneThatCannotBeReachedIsForgotten) {
  find(service("lamp", "a", 1));
  hear(service("lamp", "b", 2));
  resolver_.forget("lamp", {kAddress, 1});
  EXPECT_EQ(resolver_.next("lamp"), (Endpoint{kAddress, 2}));
  EXPECT_EQ(resolver_.next("lamp"), (Endpoint{kAddress, 2}));
  resolver_.forget("lamp", {kAddress, 2});
  EXPECT_FALSE(resolver_.next("lamp"));
}

TEST_F(ResolverTest, WhatIsInUseIsAskedForBeforeItExpires) {
  find(service("lamp"));
  loop_.advance(seconds(29));
  EXPECT_TRUE(resolver_.next("lamp"));
  EXPECT_EQ(link_.questions.size(), 1U);
  loop_.advance(seconds(2));
  EXPECT_TRUE(resolver_.next("lamp"));
  EXPECT_TRUE(resolver_.next("lamp"));
  EXPECT_EQ(link_.questions.size(), 2U);
  hear(service("lamp"));
  loop_.advance(seconds(59));
  EXPECT_TRUE(resolver_.next("lamp"));
  loop_.advance(seconds(1));
  EXPECT_FALSE(resolver_.next("lamp")) << "who is not heard of for a minute is gone";
}

TEST_F(ResolverTest, OnlyThisMachineMayNameItsOwnAddress) {
  std::optional<Status> sought;
  begin("lamp", &sought);
  hear(service("lamp"), {127, 0, 0, 1});
  hear(service("lamp"), {0, 0, 0, 0});
  hear(service("lamp"), {224, 0, 0, 251});
  EXPECT_FALSE(resolver_.next("lamp"));
  hear(service("lamp"), {127, 0, 0, 1}, Sender::kThisMachine);
  EXPECT_EQ(resolver_.next("lamp"), (Endpoint{{127, 0, 0, 1}, 50002}));
  run(loop_, group_.wait());
}

TEST_F(ResolverTest, WhatNobodySeeksIsNotKept) {
  hear(service("lamp"));
  EXPECT_FALSE(resolver_.next("lamp"));
  find(service("bell"));
  hear(service("lamp"));
  EXPECT_FALSE(resolver_.next("lamp"));
}

TEST_F(ResolverTest, InstancesOfANameAreBounded) {
  find(service("lamp", "first", 1));
  for (std::uint16_t i = 2; i < 1000; ++i) hear(service("lamp", "hub" + std::to_string(i), i));
  std::vector<std::uint16_t> ports;
  for (int i = 0; i < 100; ++i) ports.push_back(resolver_.next("lamp")->port);
  std::sort(ports.begin(), ports.end());
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
  EXPECT_EQ(ports.size(), 16U);
}

TEST_F(ResolverTest, QuestionsAreBounded) {
  std::vector<std::optional<Status>> sought(60);
  for (std::size_t i = 0; i < sought.size(); ++i) begin("app" + std::to_string(i), &sought[i]);
  EXPECT_EQ(link_.questions.size(), 40U);
  ASSERT_TRUE(sought.back());
  EXPECT_EQ(sought.back()->error().code, Code::kResourceExhausted);
  loop_.advance(seconds(1));
  EXPECT_LE(link_.questions.size(), 60U);
  run(loop_, group_.wait());
}

TEST_F(ResolverTest, NamesAreBounded) {
  find(service("used"));
  for (int i = 0; i < 300; ++i) {
    EXPECT_FALSE(seek("app" + std::to_string(i)));
    ASSERT_TRUE(resolver_.next("used")) << "the name that is in use stays";
    hear(service("used"));
  }
  EXPECT_FALSE(resolver_.next("app0"));
}

TEST_F(ResolverTest, WhoGoesDoesNotTakeTheOthersAnswer) {
  CancelScope scope;
  std::optional<Status> first;
  std::optional<Status> second;
  group_.spawn(store(resolver_.seek(scope.ctx(), "lamp"), &first));
  begin("lamp", &second);
  scope.cancel();
  loop_.advance(milliseconds(1));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->error().code, Code::kCancelled);
  hear(service("lamp"));
  loop_.advance(milliseconds(1));
  EXPECT_TRUE(second && *second);
}

}  // namespace
}  // namespace edge::mdns
