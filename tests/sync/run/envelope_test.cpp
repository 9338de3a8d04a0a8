#include "sync/run/envelope.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace edge::sync {
namespace {

const WallTime kWall{std::chrono::seconds(1'790'000'000)};

RowPtr row_of(Message message) {
  return std::make_shared<Row>(Row{.row = 1,
                                   .id = "0199f0c2-b1d4-7000-8000-000000000001",
                                   .number = {0x5f3a91c0, 0x4d2},
                                   .lane = {"gray1", 42},
                                   .lane_from = "base",
                                   .message = std::make_shared<const Message>(std::move(message))});
}

nlohmann::json sent(Message message, HubTime remaining = HubTime(0)) {
  const auto publication = Envelope("hub42").row({1, row_of(std::move(message)), remaining}, kWall);
  return nlohmann::json::parse(publication.payload);
}

TEST(SyncEnvelope, AMessageIsAnEventOfItsLane) {
  const Message message{.source = "dev/lamp1",
                        .topic = "power",
                        .key = "k",
                        .type = "com.acme.lamp.state",
                        .attributes = R"({"traceparent":"00-1-2-3","id":"mine"})",
                        .body = R"({"on":true})"};
  const auto publication =
      Envelope("hub42").row({1, row_of(message), std::chrono::hours(1)}, kWall);
  EXPECT_EQ(publication.topic, "gray1/e1/u/hub42/power");
  EXPECT_EQ(publication.keep, Keep::kNo);
  EXPECT_EQ(nlohmann::json::parse(publication.payload),
            nlohmann::json::parse(R"({"specversion":"1.0",
      "id":"0199f0c2-b1d4-7000-8000-000000000001","source":"/h/hub42/dev/lamp1",
      "type":"com.acme.lamp.state","subject":"power","partitionkey":"k","class":"event",
      "time":"2025-10-17T06:01:55Z","sequence":"5f3a91c0-00000000000004d2","lane":"gray1",
      "lanegen":42,"lanefrom":"base","expirytime":"2026-09-21T15:13:20Z",
      "traceparent":"00-1-2-3","datacontenttype":"application/json","data":{"on":true}})"));
}

TEST(SyncEnvelope, DataIsJsonTextOrBytes) {
  EXPECT_EQ(sent({.topic = "t", .body = "7"})["data"], 7);
  EXPECT_EQ(sent({.topic = "t", .body = "not {"})["data"], "not {");
  EXPECT_FALSE(sent({.topic = "t", .body = "not {"}).contains("datacontenttype"));
  const auto text =
      sent({.topic = "t", .attributes = R"({"datacontenttype":"text/plain"})", .body = "7"});
  EXPECT_EQ(text["data"], "7");
  EXPECT_EQ(sent({.topic = "t", .body = "\xff\x01"})["data_base64"], "/wE=");
  EXPECT_FALSE(sent({.topic = "t", .body = "7"}).contains("expirytime"));
}

TEST(SyncEnvelope, AReplyGoesWhereItIsWanted) {
  const Message reply{.source = "hub", .topic = "e1/a/hub42", .correlation = "c-1", .body = "{}"};
  const auto publication = Envelope("hub42").row({1, row_of(reply), HubTime(0)}, kWall);
  EXPECT_EQ(publication.topic, "e1/a/hub42");
  EXPECT_EQ(nlohmann::json::parse(publication.payload)["correlationid"], "c-1");
  EXPECT_EQ(nlohmann::json::parse(publication.payload)["source"], "/h/hub42");
}

TEST(SyncEnvelope, FiltersAreOfTheHubsLanes) {
  EXPECT_EQ(Envelope("h").filters({"base", "gray1"}),
            (std::vector<std::string>{"e1/l/h", "e1/d/h", "gray1/e1/d/h"}));
}

TEST(SyncEnvelope, NoAppSpeaksForTheHub) {
  Message message{.source = "lamp", .topic = "gap/1"};
  EXPECT_TRUE(check_message(message, 0));
  for (const char* topic : {"gap", "lane-switch"}) {
    message.topic = topic;
    EXPECT_EQ(check_message(message, 0).error().code, Code::kInvalidArgument) << topic;
  }
  message = {.source = "hub", .topic = "t"};
  EXPECT_EQ(check_message(message, 0).error().code, Code::kInvalidArgument);
}

TEST(SyncEnvelope, IdsAreShortAndPlain) {
  EXPECT_TRUE(check_hub_id("Hub-42_a"));
  for (const char* bad : {"", "a/b", "a b", "+", "0123456789012345678901234"}) {
    EXPECT_FALSE(check_hub_id(bad)) << bad;
  }
  EXPECT_TRUE(is_lane_id("gray-1"));
  for (const char* bad : {"", "Gray", "1a", "a/b", "a2345678901234567"}) {
    EXPECT_FALSE(is_lane_id(bad)) << bad;
  }
}

}  // namespace
}  // namespace edge::sync
