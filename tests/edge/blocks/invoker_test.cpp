#include "edge/blocks/invoke/invoker.h"

#include <gtest/gtest.h>

#include "edge/loop/sim_loop.h"
#include "tests/edge/blocks/fake_channel.h"

namespace edge::blocks {
namespace {

class FakeUrls final : public UrlChannels {
 public:
  Result<std::shared_ptr<Channel>> for_url(std::string_view url) override {
    asked = url;
    return channel;
  }
  std::string asked;
  std::shared_ptr<FakeChannel> channel = std::make_shared<FakeChannel>();
};

// A body whose length nobody knows.
class StreamSource final : public ByteSource {
 public:
  [[nodiscard]] std::optional<std::uint64_t> length() const noexcept override { return {}; }
  std::string_view take_ready() override { return {}; }
  [[nodiscard]] bool finished() const noexcept override { return false; }
  Task<Result<std::string_view>> read(Ctx) override { co_return std::string_view(); }
};

class InvokerTest : public ::testing::Test {
 protected:
  InvokerTest() {
    lamp_channel_ = new FakeChannel;
    add("lamp", std::unique_ptr<Channel>(lamp_channel_));
    add("speaker", nullptr);
  }

  App& add(const char* id, std::unique_ptr<Channel> channel,
           AppProtocol protocol = AppProtocol::kHttp) {
    AppSettings settings;
    settings.id = id;
    settings.protocol = protocol;
    return apps_.add(std::make_unique<App>(loop_, settings, std::move(channel)));
  }

  Result<std::unique_ptr<Reply>> invoke(const char* caller, const char* target) {
    call_.target = target;
    call_.body = body_;
    return run(loop_, invoker_.invoke(Ctx::background(), apps_.find(caller), &call_));
  }

  std::string error_of(const char* caller, const char* target) {
    auto reply = invoke(caller, target);
    return reply ? "" : reply.error().message;
  }

  SimLoop loop_;
  AppTable apps_;
  FakeUrls urls_;
  Invoker invoker_{loop_, apps_, urls_};
  FakeChannel* lamp_channel_;
  TextSource text_{"x"};
  ByteSource* body_ = &text_;
  Call call_;
};

TEST_F(InvokerTest, TellsTheCalleeWhoCalls) {
  ASSERT_TRUE(invoke("speaker", "lamp"));
  EXPECT_EQ(lamp_channel_->notes, std::vector{CallerNote::kForwarded});
  EXPECT_EQ(call_.caller, "speaker");
}

TEST_F(InvokerTest, ASelfCallIsDirectAndNotRetried) {
  ASSERT_TRUE(invoke("lamp", "lamp"));
  EXPECT_EQ(lamp_channel_->notes, std::vector{CallerNote::kNone});
  lamp_channel_->errors = {{Code::kUnavailable, "refused"}};
  EXPECT_EQ(error_of("lamp", "lamp"), "refused");
  EXPECT_EQ(error_of("speaker", "speaker"),
            "cannot invoke local endpoint: app channel not initialized");
}

TEST_F(InvokerTest, AnAppThatIsDownIsTriedFourTimesASecondApart) {
  lamp_channel_->errors.assign(3, {Code::kUnavailable, "refused"});
  const TimePoint began = loop_.now();
  ASSERT_TRUE(invoke("speaker", "lamp"));
  EXPECT_EQ(loop_.now() - began, std::chrono::seconds(3));
  lamp_channel_->errors.assign(4, {Code::kUnavailable, "refused"});
  EXPECT_EQ(error_of("speaker", "lamp"),
            "failed to invoke target lamp after 3 retries. Error: rpc error: code = Unavailable "
            "desc = refused");
}

TEST_F(InvokerTest, AStreamIsNotRetried) {
  StreamSource stream;
  body_ = &stream;
  lamp_channel_->errors = {{Code::kUnavailable, "refused"}};
  EXPECT_EQ(error_of("speaker", "lamp"), "rpc error: code = Unavailable desc = refused");
  EXPECT_EQ(lamp_channel_->paths.size(), 1u);
}

TEST_F(InvokerTest, WhatFailsAfterTheFirstByteIsFinal) {
  lamp_channel_->errors = {{Code::kInternal, "Get \"http://lamp\": EOF"}};
  EXPECT_EQ(
      error_of("speaker", "lamp"),
      "rpc error: code = Internal desc = error invoking app channel: Get \"http://lamp\": EOF");
}

TEST_F(InvokerTest, NamesWhatCannotBeFound) {
  EXPECT_EQ(error_of("lamp", "camera"), "couldn't find service: camera");
  EXPECT_EQ(error_of("lamp", "speaker"),
            "rpc error: code = Internal desc = app channel is not initialized");
  EXPECT_EQ(error_of("lamp", ""), "app id is empty");
  EXPECT_EQ(error_of("lamp", "a.b.c"), "invalid app id a.b.c");
  EXPECT_EQ(error_of("speaker", "lamp.other"), "couldn't find service: lamp");
  EXPECT_EQ(error_of("speaker", "lamp.default"), "");
}

TEST_F(InvokerTest, UrlsAndEndpointsGoElsewhere) {
  ASSERT_TRUE(invoke("speaker", "https://api.test"));
  EXPECT_EQ(urls_.asked, "https://api.test");
  auto channel = std::make_shared<FakeChannel>();
  invoker_.add_endpoint("weather", {channel, {"speaker"}});
  ASSERT_TRUE(invoke("speaker", "weather"));
  EXPECT_EQ(channel->paths.size(), 1u);
  EXPECT_EQ(error_of("lamp", "weather"), "couldn't find service: weather");
}

class PassTest : public InvokerTest {
 protected:
  PassTest() {
    channel_ = new FakeChannel;
    bell_ = &add("bell", std::unique_ptr<Channel>(channel_), AppProtocol::kGrpc);
  }

  Error error_of_pass(const char* caller, const char* target) {
    call_.form = CallForm::kRpc;
    call_.target = target;
    call_.body = body_;
    auto reply = run(loop_, invoker_.pass(Ctx::background(), apps_.find(caller), &call_));
    return reply ? Error{} : reply.error();
  }

  FakeChannel* channel_;
  App* bell_;
};

TEST_F(PassTest, ACallGoesToAnAppThatSpeaksGrpc) {
  EXPECT_TRUE(invoker_.may_speak_grpc("bell.default"));
  EXPECT_FALSE(invoker_.may_speak_grpc("lamp"));
  EXPECT_FALSE(invoker_.may_speak_grpc("nobody"));
  EXPECT_EQ(error_of_pass("speaker", "bell").message, "");
  EXPECT_EQ(call_.caller, "speaker");
  call_.note = CallerNote::kNone;
  EXPECT_EQ(error_of_pass("bell", "bell").message, "");
  EXPECT_EQ(channel_->notes, (std::vector{CallerNote::kForwarded, CallerNote::kNone}));
}

TEST_F(PassTest, ItselfIsFoundInAnyNamespace) {
  EXPECT_EQ(error_of_pass("bell", "bell.other").message, "");
  EXPECT_EQ(error_of_pass("speaker", "bell.other").message, "couldn't find service: bell");
  EXPECT_EQ(error_of_pass("bell", "bell.a.b").code, Code::kInvalidArgument);
}

TEST_F(PassTest, WhatAnotherHubSaysOfItsAppIsTold) {
  auto* there = new FakeChannel;
  AppSettings settings;
  settings.id = "door";
  settings.hub = "hall";
  settings.protocol = AppProtocol::kGrpc;
  invoker_.add_elsewhere(std::make_unique<App>(loop_, settings, std::unique_ptr<Channel>(there)));
  EXPECT_TRUE(invoker_.may_speak_grpc("door"));
  EXPECT_EQ(error_of_pass("speaker", "door").message, "");
  call_.form = CallForm::kHttp;
  there->errors = {{Code::kPermissionDenied, "no"}, {Code::kResourceExhausted, "much"}};
  auto reply = invoke("speaker", "door");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Code::kPermissionDenied) << "it is shown as 403";
  EXPECT_EQ(reply.error().message, "rpc error: code = PermissionDenied desc = no");
  reply = invoke("speaker", "door");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Code::kInternal);
  EXPECT_EQ(reply.error().message, "rpc error: code = ResourceExhausted desc = much");
}

// Knows where a door is.
class FakeFinder final : public AppFinder {
 public:
  explicit FakeFinder(Loop& loop) {
    AppSettings settings;
    settings.id = "door";
    settings.name_space = "";
    settings.hub = "mdns";
    settings.protocol = AppProtocol::kGrpc;
    channel = new FakeChannel;
    door = std::make_unique<App>(loop, settings, std::unique_ptr<Channel>(channel));
    door->set_started();
  }
  Task<Result<App*>> find(Ctx, std::string id) override {
    sought.push_back(id);
    if (id != "door") co_return Error{Code::kNotFound, "couldn't find service: " + id};
    co_return door.get();
  }

  std::vector<std::string> sought;
  FakeChannel* channel;
  std::unique_ptr<App> door;
};

class FindTest : public PassTest {
 protected:
  FindTest() { invoker_.use(&finder_); }
  FakeFinder finder_{loop_};
};

TEST_F(FindTest, WhoIsNotKnownIsSought) {
  EXPECT_EQ(error_of("speaker", "door"), "");
  EXPECT_EQ(error_of("speaker", "door.other"), "") << "namespaces count for nothing there";
  EXPECT_EQ(error_of_pass("speaker", "door").message, "");
  EXPECT_EQ(finder_.channel->notes, std::vector(3, CallerNote::kForwarded));
  EXPECT_EQ(finder_.sought, std::vector<std::string>(3, "door"));
  EXPECT_TRUE(invoker_.may_speak_grpc("door"));
}

TEST_F(FindTest, WhoIsNotFoundIsToldAsWhoIsNotKnown) {
  EXPECT_EQ(error_of("speaker", "window"), "couldn't find service: window");
  EXPECT_EQ(error_of_pass("speaker", "window").code, Code::kNotFound);
}

TEST_F(FindTest, WhoIsKnownOrCannotBeIsNotSought) {
  EXPECT_EQ(error_of("speaker", "lamp.other"), "couldn't find service: lamp");
  EXPECT_EQ(error_of("speaker", "a.b.c"), "invalid app id a.b.c");
  EXPECT_EQ(error_of("speaker", ".b"), "couldn't find service: ");
  EXPECT_EQ(error_of("speaker", ""), "app id is empty");
  AppSettings settings;
  settings.id = "gate";
  invoker_.add_elsewhere(std::make_unique<App>(loop_, settings, std::make_unique<FakeChannel>()));
  EXPECT_EQ(error_of("speaker", "gate"), "");
  call_.reach = Reach::kThisHub;
  EXPECT_EQ(error_of("speaker", "door"), "couldn't find service: door")
      << "what came from another hub goes to no third";
  EXPECT_TRUE(finder_.sought.empty());
}

TEST_F(FindTest, ItCountsAsTheBaselines) {
  LaneTrip trip;
  call_.lane = &trip;
  EXPECT_EQ(error_of("speaker", "door"), "");
  EXPECT_EQ(trip.served, finder_.door.get());
  trip.context.lane = policy::LaneId::parse("gray").value();
  EXPECT_EQ(error_of("speaker", "door"), "");
  trip.context.mode = policy::LaneMode::kStrict;
  EXPECT_NE(error_of("speaker", "door"), "");
  EXPECT_EQ(trip.refusal, LaneTrip::Refusal::kStrict);
}

class DeliverTest : public PassTest {
 protected:
  Error error_of_delivery(const char* target) {
    call_.target = target;
    call_.body = body_;
    call_.caller = "far";
    auto reply = run(loop_, invoker_.deliver(Ctx::background(), &call_));
    return reply ? Error{} : reply.error();
  }
};

TEST_F(DeliverTest, TheCallerIsWhoTheOtherHubNames) {
  call_.verb = "GET";
  EXPECT_EQ(error_of_delivery("lamp").message, "");
  EXPECT_EQ(call_.caller, "far");
  EXPECT_EQ(lamp_channel_->notes, std::vector{CallerNote::kTold});
}

TEST_F(DeliverTest, NothingIsTriedAgainAndNothingGoesFurther) {
  call_.verb = "GET";
  lamp_channel_->errors = {{Code::kUnavailable, "refused"}};
  const TimePoint began = loop_.now();
  const Error error = error_of_delivery("lamp");
  EXPECT_EQ(error.code, Code::kInternal);
  EXPECT_EQ(error.message, "error invoking app channel: refused");
  EXPECT_EQ(loop_.now(), began);
  AppSettings settings;
  settings.id = "door";
  settings.hub = "hall";
  invoker_.add_elsewhere(std::make_unique<App>(loop_, settings, std::make_unique<FakeChannel>()));
  EXPECT_EQ(error_of_delivery("door").code, Code::kNotFound);
}

TEST_F(DeliverTest, TellsWhatIsMissing) {
  EXPECT_EQ(error_of_delivery("speaker").message, "app channel is not initialized");
  EXPECT_EQ(error_of_delivery("lamp").message, "error invoking app channel: invalid HTTP verb");
  EXPECT_EQ(error_of_delivery("bell").message, "") << "an app that speaks gRPC needs no verb";
}

TEST_F(PassTest, NothingIsTriedAgain) {
  channel_->errors = {{Code::kUnavailable, "refused"}};
  const TimePoint began = loop_.now();
  const Error error = error_of_pass("speaker", "bell");
  EXPECT_EQ(error.code, Code::kUnavailable);
  EXPECT_EQ(error.message, "refused");
  EXPECT_EQ(loop_.now(), began);
}

TEST_F(PassTest, TellsWhyItCannotBe) {
  EXPECT_EQ(error_of_pass("speaker", "nobody").code, Code::kNotFound);
  EXPECT_EQ(error_of_pass("speaker", "lamp").code, Code::kFailedPrecondition);
  bell_->set_health(AppHealth::kUnhealthy);
  EXPECT_EQ(error_of_pass("speaker", "bell").code, Code::kUnavailable);
  EXPECT_TRUE(channel_->paths.empty());
}

TEST_F(InvokerTest, CancellingEndsTheRetries) {
  lamp_channel_->errors.assign(4, {Code::kUnavailable, "refused"});
  DeadlineScope limit(loop_, Ctx::background(), std::chrono::milliseconds(1500));
  call_.target = "lamp";
  call_.body = body_;
  auto reply = run(loop_, invoker_.invoke(limit.ctx(), apps_.find("speaker"), &call_));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Code::kDeadlineExceeded);
  EXPECT_EQ(lamp_channel_->paths.size(), 2u);
}

}  // namespace
}  // namespace edge::blocks
