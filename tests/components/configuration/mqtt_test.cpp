// configuration.mqtt: whole manifests and nothing else are taken over, whatever comes in which
// order.
#include "components/configuration/mqtt.h"

#include <functional>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/log.h"
#include "edge/loop/sim_loop.h"
#include "tests/components/configuration/fake_cloud.h"
#include "tests/components/configuration/fixture.h"
#include "tests/components/configuration/manifests.h"
#include "tests/support/temp_dir.h"

namespace edge::configuration {
namespace {

using nlohmann::json;

class MqttStoreTest : public testing::Test {
 protected:
  static constexpr const char* kBase = "e1/c/base";

  void SetUp() override {
    log::capture([this](std::string_view line) { log_ += std::string(line) + "\n"; });
  }
  void TearDown() override {
    close();
    log::capture(nullptr);
  }
  std::string try_open(components::Metadata metadata = {}) {
    metadata.emplace("replicaFile", dir_.file("hub.db"));
    metadata.emplace("probation", "0");
    store_ = std::make_unique<MqttStore>(components::Context{.name = "cloud",
                                                             .metadata = std::move(metadata),
                                                             .loop = loop_,
                                                             .files = files_,
                                                             .data_dir = "",
                                                             .cloud = &cloud_});
    const auto opened = run(loop_, store_->init(Ctx::background()));
    if (opened) return "";
    store_.reset();
    return opened.error().message;
  }
  void open(components::Metadata metadata = {}) { ASSERT_EQ(try_open(std::move(metadata)), ""); }
  void close() {
    if (store_) run(loop_, store_->close());
    store_.reset();
  }
  Texts values(const Metadata& metadata = {}) {
    Texts all;
    const auto items = run(loop_, store_->get(Ctx::background(), {}, metadata));
    if (items) {
      for (const auto& [key, item] : *items) all[key] = item.value;
    }
    return all;
  }
  std::string why_nothing() {
    const auto items = run(loop_, store_->get(Ctx::background(), {}, {}));
    return items ? "" : items.error().message;
  }
  std::string stale() {
    const auto items = run(loop_, store_->get(Ctx::background(), {}, {}));
    return items && !items->empty() ? items->begin()->second.metadata.at("stale") : "";
  }
  bool wait_until(const std::function<bool()>& condition) {
    for (int i = 0; i < 20000 && !condition(); ++i) {
      const auto slept =
          run(loop_, sleep_for(loop_, Ctx::background(), std::chrono::milliseconds(1)));
      if (!slept) return false;
    }
    return condition();
  }
  bool wait_for(const Texts& expected, const Metadata& metadata = {}) {
    return wait_until([&] { return values(metadata) == expected; });
  }
  Generation generation(std::size_t layer = 0) { return store_->generations().at(layer); }
  // What is there after all that could happen has happened.
  void let_all_happen() {
    const auto slept = run(loop_, sleep_for(loop_, Ctx::background(), std::chrono::seconds(1)));
    ASSERT_TRUE(slept);
  }

  SimLoop loop_;
  store::OpenFiles files_;
  test::TempDir dir_;
  FakeCloud cloud_;
  std::string log_;
  std::unique_ptr<MqttStore> store_;
};

TEST_F(MqttStoreTest, FieldsThatAreWrongAreNamed) {
  EXPECT_NE(try_open({{"uplink", "other"}}).find("it has \"cloud\""), std::string::npos);
  EXPECT_NE(try_open({{"devices", "a/b"}}).find("devices"), std::string::npos);
  EXPECT_NE(try_open({{"hubGroup", "a+"}}).find("hubGroup"), std::string::npos);
  EXPECT_NE(try_open({{"signingKeys", "x"}}).find("signingKeys"), std::string::npos);
  cloud_.name = "";
  EXPECT_NE(try_open().find("add a resource of kind Uplink"), std::string::npos);
}

TEST_F(MqttStoreTest, AManifestIsAllThatALayerHas) {
  open({{"uplink", "cloud"}});
  EXPECT_NE(why_nothing().find("nothing has been read from the broker yet"), std::string::npos);
  cloud_.retain(kBase, whole("base", 3, {{"color", "red"}, {"level", "1"}}));
  cloud_.link();
  ASSERT_TRUE(wait_for({{"color", "red"}, {"level", "1"}}));
  EXPECT_EQ(stale(), "false");
  std::vector<Items> told;
  const auto observer = [&told](Items changed) { told.push_back(std::move(changed)); };
  ASSERT_TRUE(run(loop_, store_->subscribe(Ctx::background(), {}, {}, observer)));
  cloud_.retain(kBase, whole("base", 4, {{"color", "red"}, {"size", "2"}}));
  ASSERT_TRUE(wait_for({{"color", "red"}, {"size", "2"}}));
  ASSERT_EQ(told.size(), 1U) << "one revision is one call";
  EXPECT_EQ(told[0].size(), 2U) << "level has gone, size has come, color is as it was";
  const auto items = run(loop_, store_->get(Ctx::background(), {}, {}));
  EXPECT_EQ(items->at("color").version, "3");
  EXPECT_EQ(items->at("size").version, "4");
}

TEST_F(MqttStoreTest, WithoutTheCloudTheLastKnownIsServedAlsoAfterARestart) {
  cloud_.retain(kBase, whole("base", 3, {{"color", "red"}}));
  cloud_.link();
  open();
  ASSERT_TRUE(wait_for({{"color", "red"}}));
  cloud_.cut();
  EXPECT_EQ(stale(), "true");
  close();
  open();
  EXPECT_EQ(values(), (Texts{{"color", "red"}}));
  EXPECT_EQ(stale(), "true");
  cloud_.retained.clear();
  cloud_.link();
  let_all_happen();
  EXPECT_EQ(stale(), "true") << "the broker has forgotten";
  EXPECT_TRUE(wait_until([&] { return log_.contains("the broker has no manifest at e1/c/base"); }));
  cloud_.retain(kBase, whole("base", 3, {{"color", "red"}}));
  EXPECT_TRUE(wait_until([&] { return stale() == "false"; }));
  cloud_.retain(kBase, "");
  EXPECT_EQ(stale(), "true") << "it was taken away";
  EXPECT_EQ(values(), (Texts{{"color", "red"}}));
}

TEST_F(MqttStoreTest, ChunksAreTakenOverWhenAllAreThere) {
  const Chunked first("base", 1, {{"a", "1"}}, {{"b", "1"}, {"c", "1"}});
  cloud_.link();
  open();
  cloud_.retain(kBase, first.said);
  cloud_.retain(first.chunks[1].first, first.chunks[1].second);
  let_all_happen();
  EXPECT_NE(why_nothing(), "") << "never in part";
  cloud_.retain(first.chunks[0].first, "{\"a\":\"evil\"}");
  let_all_happen();
  EXPECT_NE(why_nothing().find("has another SHA-256 than its manifest says"), std::string::npos);
  cloud_.retain(first.chunks[0].first, first.chunks[0].second);
  ASSERT_TRUE(wait_for({{"a", "1"}, {"b", "1"}, {"c", "1"}}));
  EXPECT_EQ(stale(), "false");
  EXPECT_FALSE(cloud_.topics().contains(first.chunks[0].first)) << "and is not followed any more";

  const Chunked second("base", 2, {{"a", "2"}}, {{"b", "2"}});
  const Chunked third("base", 3, {{"a", "3"}}, {{"b", "3"}});
  cloud_.retain(kBase, second.said);
  cloud_.retain(second.chunks[0].first, second.chunks[0].second);
  EXPECT_EQ(stale(), "true");
  cloud_.retain(kBase, third.said);
  EXPECT_FALSE(cloud_.topics().contains(second.chunks[1].first)) << "a newer manifest is there";
  for (const auto& [topic, payload] : third.chunks) cloud_.retain(topic, payload);
  EXPECT_TRUE(wait_for({{"a", "3"}, {"b", "3"}}));
}

TEST_F(MqttStoreTest, AChunkThatDoesNotComeIsAskedForAgain) {
  const Chunked one("base", 1, {{"a", "1"}}, {{"b", "1"}});
  cloud_.link();
  open();
  cloud_.retain(kBase, one.said);
  const auto asked = [&] { return cloud_.times_asked[one.chunks[0].first]; };
  EXPECT_EQ(asked(), 1);
  EXPECT_TRUE(wait_until([&] { return asked() >= 2; }));
  EXPECT_TRUE(log_.contains("2 of 2 chunks of its manifest have not come"));
  cloud_.cut();
  for (const auto& [topic, payload] : one.chunks) cloud_.retain(topic, payload);
  cloud_.link();
  EXPECT_TRUE(wait_for({{"a", "1"}, {"b", "1"}}));
}

TEST_F(MqttStoreTest, WhatIsNotAsItSaysIsRefusedOnce) {
  cloud_.link();
  open();
  cloud_.retain(kBase, whole("base", 3, {{"color", "red"}}));
  ASSERT_TRUE(wait_for({{"color", "red"}}));
  const auto refuses = [this](const std::string& payload, const std::string& why) {
    const auto before = generation().refusals;
    cloud_.retain(kBase, payload);
    let_all_happen();
    EXPECT_EQ(generation().status, "refused") << why;
    EXPECT_NE(generation().reason.find(why), std::string::npos) << generation().reason;
    EXPECT_EQ(generation().refusals, before + 1);
    EXPECT_EQ(values(), (Texts{{"color", "red"}})) << why;
    EXPECT_EQ(stale(), "true");
  };
  refuses("garbage", "is no JSON object");
  refuses(whole("base", 2, {{"color", "old"}}), "revision 2 of epoch 1 is lower than 3 of epoch 1");
  refuses(whole("hub-h1", 4, {{"color", "x"}}), "is that of the layer hub-h1");
  json wrong = json::parse(whole("base", 4, {{"color", "blue"}}));
  wrong["inline"]["color"] = "evil";
  refuses(dump_json(wrong), "its items are not those of its manifest");
  wrong["inline"]["color"] = 7;
  refuses(dump_json(wrong), "its item \"color\" is no text");
  wrong["chunks"] = json::array({"x"});
  refuses(dump_json(wrong), "has neither inline nor chunks, or both");
  wrong.erase("inline");
  refuses(dump_json(wrong), "is no SHA-256");

  const auto before = generation().refusals;
  cloud_.cut();
  cloud_.link();
  EXPECT_EQ(generation().refusals, before) << "what comes again is refused silently";
  cloud_.retain(kBase, whole("base", 5, {{"color", "green"}}));
  EXPECT_TRUE(wait_for({{"color", "green"}}));
  EXPECT_EQ(generation().status, "proven");
  EXPECT_EQ(stale(), "false");
}

TEST_F(MqttStoreTest, LayersLieOnTopOfEachOther) {
  cloud_.lane_names = {"gray"};
  cloud_.link();
  open({{"hubGroup", "north"}, {"devices", "lamp1, lamp2"}});
  EXPECT_EQ(cloud_.topics(),
            (std::set<std::string>{kBase, "e1/c/lane-gray", "e1/c/group-north", "e1/c/hub-h1",
                                   "e1/c/device-lamp1", "e1/c/device-lamp2"}));
  const auto retain = [this](const std::string& layer, const Texts& items) {
    cloud_.retain("e1/c/" + layer, whole(layer, 1, items));
  };
  retain("base", {{"a", "base"}, {"b", "base"}, {"c", "base"}, {"d", "base"}, {"e", "base"}});
  retain("lane-gray", {{"b", "gray"}, {"e", "gray"}});
  retain("group-north", {{"c", "north"}});
  retain("hub-h1", {{"d", "h1"}});
  retain("device-lamp2", {{"e", "lamp2"}});
  Texts seen = {{"a", "base"}, {"b", "base"}, {"c", "north"}, {"d", "h1"}, {"e", "base"}};
  EXPECT_TRUE(wait_for(seen));
  seen["e"] = "lamp2";
  EXPECT_TRUE(wait_for(seen, {{"device", "lamp2"}}));
  seen["b"] = seen["e"] = "gray";
  EXPECT_TRUE(wait_for(seen, {{"lane", "gray"}}));

  cloud_.set_lanes({"blue"});
  EXPECT_FALSE(cloud_.topics().contains("e1/c/lane-gray"));
  retain("lane-blue", {{"b", "blue"}});
  seen["b"] = "blue";
  seen["e"] = "base";
  EXPECT_TRUE(wait_for(seen, {{"lane", "blue"}}));
}

TEST_F(MqttStoreTest, ALayerThatIsRefusedHoldsUpNoOther) {
  cloud_.lane_names = {"gray", "blue"};
  cloud_.link();
  open();
  cloud_.retain(kBase, whole("base", 1, {{"a", "base"}}));
  cloud_.retain("e1/c/lane-gray", "garbage");
  cloud_.retain("e1/c/lane-blue", whole("lane-blue", 1, {{"a", "blue"}}));
  EXPECT_TRUE(wait_for({{"a", "blue"}}, {{"lane", "blue"}}));
  EXPECT_EQ(generation(1).status, "refused");
}

TEST_F(MqttStoreTest, ARefreshWaitsUntilTheBrokerHasSaidAll) {
  open();
  const auto refresh = [&] { return run(loop_, store_->refresh(Ctx::background())); };
  EXPECT_EQ(refresh().error().code, Code::kUnavailable);
  cloud_.link();
  cloud_.retain(kBase, whole("base", 1, {{"a", "1"}}));
  ASSERT_TRUE(wait_for({{"a", "1"}}));
  cloud_.retained[kBase] = whole("base", 2, {{"a", "2"}});  // and the message was lost
  EXPECT_TRUE(refresh());
  EXPECT_EQ(values(), (Texts{{"a", "2"}}));
  cloud_.retained.clear();
  EXPECT_EQ(refresh().error().message, "the broker has no manifest at e1/c/base");
  EXPECT_EQ(values(), (Texts{{"a", "2"}}));
}

TEST_F(MqttStoreTest, WhatHasExpiredIsServedAsStaleAndSaidOnce) {
  json text = json::parse(whole("base", 1, {{"color", "red"}}));
  text["expires"] = to_rfc3339(loop_.wall_now() + std::chrono::hours(1));
  cloud_.retain(kBase, dump_json(text));
  cloud_.link();
  open();
  int reports = 0;
  store_->on_generations([&reports] { ++reports; });
  ASSERT_TRUE(wait_for({{"color", "red"}}));
  EXPECT_EQ(stale(), "false");
  EXPECT_FALSE(generation().expired);
  const int before = reports;
  loop_.advance(std::chrono::hours(2));
  EXPECT_EQ(stale(), "true");
  EXPECT_EQ(values(), (Texts{{"color", "red"}}));
  EXPECT_TRUE(generation().expired);
  EXPECT_EQ(reports, before + 1);
  EXPECT_TRUE(log_.contains("a manifest has expired; its items are served as stale"));
  text["rev"] = 2;
  text["expires"] = to_rfc3339(loop_.wall_now() + std::chrono::hours(1));
  cloud_.retain(kBase, dump_json(text));
  EXPECT_TRUE(wait_until([&] { return stale() == "false"; }));
}

TEST_F(MqttStoreTest, ASubscriptionThatIsRefusedIsNamed) {
  cloud_.link();
  open();
  cloud_.deny(kBase);
  EXPECT_NE(why_nothing().find("check its access list"), std::string::npos);
}

}  // namespace
}  // namespace edge::configuration
