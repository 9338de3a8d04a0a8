#include "edge/blocks/apps/app.h"

#include <gtest/gtest.h>

#include "edge/loop/sim_loop.h"
#include "edge/loop/task_group.h"
#include "tests/edge/blocks/fake_channel.h"

namespace edge::blocks {
namespace {

AppSettings limited_to(std::size_t calls) {
  AppSettings settings;
  settings.id = "lamp";
  settings.max_concurrency = calls;
  return settings;
}

Task<void> hold_until(App* app, Event* release, int* started, int* done) {
  Call call;
  auto reply = co_await app->call(Ctx::background(), &call);
  EXPECT_TRUE(reply);
  ++*started;
  auto waited = co_await release->wait(Ctx::background());
  EXPECT_TRUE(waited);
  co_await (*reply)->close();
  ++*done;
}

TEST(App, HoldsBackCallsOverItsLimitUntilOthersAreThrough) {
  SimLoop loop;
  App app(loop, limited_to(2), std::make_unique<FakeChannel>());
  Event release(loop);
  TaskGroup group(loop, "calls");
  int started = 0;
  int done = 0;
  for (int i = 0; i < 5; ++i) group.spawn(hold_until(&app, &release, &started, &done));
  loop.advance(Duration(1));
  EXPECT_EQ(started, 2);
  release.set();
  run(loop, group.wait());
  EXPECT_EQ(done, 5);
}

TEST(App, NotesAreBounded) {
  SimLoop loop;
  App app(loop, limited_to(1), nullptr);
  EXPECT_EQ(app.note("a", std::string(4097, 'x')).error().code, Code::kInvalidArgument);
  EXPECT_EQ(app.note(std::string(257, 'x'), "").error().code, Code::kInvalidArgument);
  for (int i = 0; i < 64; ++i) EXPECT_TRUE(app.note(std::to_string(i), std::string(4096, 'x')));
  EXPECT_EQ(app.note("one more", "").error().code, Code::kResourceExhausted);
  EXPECT_TRUE(app.note("0", "again"));
  EXPECT_EQ(app.notes().at("0"), "again");
  EXPECT_EQ(app.notes().size(), 64U);
}

Task<void> close_reply(Reply* reply) {
  co_await reply->close();
}

TEST(App, GivesItsPlaceBackWhenTheCallFails) {
  SimLoop loop;
  auto channel = std::make_unique<FakeChannel>();
  channel->errors = {{Code::kUnavailable, "refused"}};
  App app(loop, limited_to(1), std::move(channel));
  Call call;
  EXPECT_FALSE(run(loop, app.call(Ctx::background(), &call)));
  auto second = run(loop, app.call(Ctx::background(), &call));
  ASSERT_TRUE(second);
  run(loop, close_reply(second->get()));
}

TEST(App, IsNotCalledWhileUnhealthy) {
  SimLoop loop;
  App app(loop, limited_to(0), std::make_unique<FakeChannel>());
  app.set_health(AppHealth::kUnhealthy);
  Call call;
  auto reply = run(loop, app.call(Ctx::background(), &call));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().message, "app is not in a healthy state");
}

}  // namespace
}  // namespace edge::blocks
