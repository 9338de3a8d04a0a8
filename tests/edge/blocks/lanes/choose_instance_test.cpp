#include "edge/blocks/lanes/choose_instance.h"

#include <gtest/gtest.h>

#include "edge/blocks/invoke/invoker.h"
#include "edge/loop/sim_loop.h"
#include "tests/edge/blocks/fake_channel.h"

namespace edge::blocks {
namespace {

using policy::LaneId;
using policy::LaneMode;
using Refusal = LaneTrip::Refusal;

class NoUrls final : public UrlChannels {
 public:
  Result<std::shared_ptr<Channel>> for_url(std::string_view) override {
    return Error{Code::kInvalidArgument, "none"};
  }
};

LaneId lane(std::string_view name) {
  return LaneId::parse(name).value();
}

class LaneInvokeTest : public ::testing::Test {
 protected:
  LaneInvokeTest() { caller_ = add("caller", "base", nullptr); }

  App* add(const char* id, const char* in, std::unique_ptr<FakeChannel> channel) {
    AppSettings settings;
    settings.id = id;
    settings.lane = lane(in);
    App& app = apps_.add(std::make_unique<App>(loop_, settings, std::move(channel)));
    app.set_started();
    return &app;
  }

  // An instance of "lamp" whose channel is watched.
  FakeChannel* lamp(const char* in) {
    auto channel = std::make_unique<FakeChannel>();
    FakeChannel* watched = channel.get();
    add("lamp", in, std::move(channel));
    return watched;
  }

  // An instance of "lamp" at another hub.
  App& lamp_elsewhere(const char* in) {
    AppSettings settings;
    settings.id = "lamp";
    settings.lane = lane(in);
    settings.hub = "hall";
    App& app = invoker_.add_elsewhere(
        std::make_unique<App>(loop_, settings, std::make_unique<FakeChannel>()));
    app.set_started();
    return app;
  }

  std::string invoke(const char* in, LaneMode mode = LaneMode::kPermissive) {
    trip_ = LaneTrip{};
    trip_.context = {lane(in), policy::LaneSource::kInherited, mode, true};
    Call call;
    TextSource body("");
    call.target = "lamp";
    call.body = &body;
    call.lane = &trip_;
    call.reach = reach_;
    auto reply = run(loop_, invoker_.invoke(Ctx::background(), caller_, &call));
    if (!reply) return reply.error().message;
    if (trip_.served == nullptr) return "?";
    const std::string& hub = trip_.served->settings().hub;
    return std::string(trip_.served->lane().view()) + (hub.empty() ? "" : " at " + hub);
  }

  SimLoop loop_;
  AppTable apps_;
  NoUrls urls_;
  Invoker invoker_{loop_, apps_, urls_};
  App* caller_;
  LaneTrip trip_;
  Reach reach_ = Reach::kEverywhere;
};

TEST_F(LaneInvokeTest, TheLanesInstanceElsewhereComesBeforeTheBaselineHere) {
  lamp("base");
  App& gray = lamp_elsewhere("gray");
  lamp_elsewhere("base");
  EXPECT_EQ(invoke("gray"), "gray at hall");
  EXPECT_EQ(invoke("base"), "base") << "of two that are as good the one here";
  gray.set_health(AppHealth::kUnhealthy);
  EXPECT_EQ(invoke("gray"), "base");
}

TEST_F(LaneInvokeTest, ACallFromAnotherHubGoesToNoThird) {
  lamp_elsewhere("gray");
  lamp_elsewhere("base");
  EXPECT_EQ(invoke("gray"), "gray at hall");
  reach_ = Reach::kThisHub;
  EXPECT_EQ(invoke("gray"), "couldn't find service: lamp");
  lamp("base");
  EXPECT_EQ(invoke("gray"), "base");
}

TEST_F(LaneInvokeTest, ACallGoesToItsLaneElseToTheBaselineAndNeverToAnother) {
  lamp("blue");
  FakeChannel* gray = lamp("gray");
  lamp("base");
  EXPECT_EQ(invoke("gray"), "gray");
  EXPECT_EQ(invoke("base"), "base");
  EXPECT_EQ(invoke("red"), "base");
  EXPECT_EQ(gray->paths.size(), 1u);
}

TEST_F(LaneInvokeTest, AnInstanceThatIsUnwellOrNotThereYetIsPassedOver) {
  lamp("base");
  lamp("gray");
  App* gray = apps_.find("lamp@gray");
  gray->set_health(AppHealth::kUnhealthy);
  EXPECT_EQ(invoke("gray"), "base");
  gray->set_health(AppHealth::kHealthy);
  EXPECT_EQ(invoke("gray"), "gray");
}

TEST_F(LaneInvokeTest, AnInstanceThatRefusesTheConnectionIsReplacedAtOnce) {
  FakeChannel* base = lamp("base");
  FakeChannel* gray = lamp("gray");
  gray->errors = {{Code::kUnavailable, "refused"}};
  const TimePoint began = loop_.now();
  EXPECT_EQ(invoke("gray"), "base");
  EXPECT_EQ(loop_.now(), began);
  EXPECT_EQ(base->paths.size(), 1u);
}

// What may have reached the instance is not done twice.
TEST_F(LaneInvokeTest, AnInstanceThatFailsMidwayIsNotReplaced) {
  FakeChannel* base = lamp("base");
  FakeChannel* gray = lamp("gray");
  gray->errors = {{Code::kInternal, "reset"}};
  EXPECT_EQ(invoke("gray"), "rpc error: code = Internal desc = error invoking app channel: reset");
  EXPECT_TRUE(base->paths.empty());
}

TEST_F(LaneInvokeTest, AStrictLaneHasNoOtherWay) {
  lamp("base");
  EXPECT_EQ(invoke("gray", LaneMode::kStrict),
            "lane gray is strict and has no healthy instance of lamp; start one there, or make the "
            "lane permissive");
  EXPECT_EQ(trip_.refusal, Refusal::kStrict);
  FakeChannel* gray = lamp("gray");
  EXPECT_EQ(invoke("gray", LaneMode::kStrict), "gray");
  gray->errors.assign(4, {Code::kUnavailable, "refused"});
  EXPECT_NE(invoke("gray", LaneMode::kStrict), "base");
  EXPECT_EQ(trip_.refusal, Refusal::kStrict);
  EXPECT_EQ(trip_.served, nullptr);
}

TEST_F(LaneInvokeTest, AnAppThatIsInAnotherLaneOnlyIsNotThere) {
  lamp("blue");
  EXPECT_EQ(invoke("base"),
            "there is no instance of lamp in the baseline; add an App resource for it");
  EXPECT_EQ(trip_.refusal, Refusal::kNoInstance);
  EXPECT_EQ(invoke("gray"),
            "there is no instance of lamp in gray or the baseline; add an App resource for it");
  EXPECT_EQ(invoke("blue"), "blue");
}

TEST_F(LaneInvokeTest, WithoutABaselineTheLanesOwnInstanceSaysWhatIsWrong) {
  lamp("gray");
  apps_.find("lamp@gray")->set_health(AppHealth::kUnhealthy);
  EXPECT_NE(invoke("gray").find("app is not in a healthy state"), std::string::npos);
  EXPECT_EQ(trip_.refusal, Refusal::kNone);
}

TEST_F(LaneInvokeTest, TheFirstInstanceIsTheBaselines) {
  lamp("gray");
  lamp("blue");
  EXPECT_FALSE(apps_.first("lamp")->lane().is_base());
  lamp("base");
  EXPECT_TRUE(apps_.first("lamp")->lane().is_base());
  EXPECT_EQ(apps_.find("lamp"), apps_.first("lamp"));
  EXPECT_EQ(apps_.find("lamp@blue")->lane(), lane("blue"));
  int count = 0;
  for (App* app = apps_.first("lamp"); app != nullptr; app = app->next_instance()) ++count;
  EXPECT_EQ(count, 3);
}

}  // namespace
}  // namespace edge::blocks
