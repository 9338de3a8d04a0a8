#include "edge/blocks/pubsub/envelope.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace edge::blocks {
namespace {

using Json = nlohmann::json;

class Envelope : public testing::Test {
 protected:
  std::string make(std::string_view content_type, std::string_view data) {
    const EnvelopeRequest request{.app_id = app,
                                  .pubsub = "ps",
                                  .topic = "a/b",
                                  .data = data,
                                  .content_type = content_type,
                                  .metadata = metadata,
                                  .trace = trace,
                                  .now = WallTime(std::chrono::seconds(1'787'342'400)),
                                  .expiry = expiry,
                                  .lane = lane};
    auto made = make_envelope(request, random_);
    return made ? *made : "error: " + made.error().message;
  }

  std::string app = "shop";
  pubsub::Metadata metadata;
  Trace trace;
  Expiry expiry = Expiry::kInEnvelope;
  std::optional<std::string_view> lane;

 private:
  SeededRandom random_{1};
};

TEST_F(Envelope, HasEveryKeyInOrder) {
  metadata = {{"cloudevent.id", "7"}};
  EXPECT_EQ(
      make("application/json", " {\"b\": 1.10, \"a\": 12345678901234567890} "),
      R"({"data":{"b": 1.10, "a": 12345678901234567890},"datacontenttype":"application/json",)"
      R"("id":"7","pubsubname":"ps","source":"shop","specversion":"1.0",)"
      R"("time":"2026-08-21T20:00:00Z","topic":"a/b","traceid":"","traceparent":"",)"
      R"("tracestate":"","type":"com.dapr.event.sent"})");
}

TEST_F(Envelope, ALaneIsAnAttribute) {
  constexpr const char* kOwn = R"({"id":"1","lane":"blue"})";
  constexpr const char* kCloudEvent = "application/cloudevents+json";
  EXPECT_FALSE(Json::parse(make("text/plain", "x")).contains("lane"));
  EXPECT_EQ(Json::parse(make(kCloudEvent, kOwn))["lane"], "blue");
  lane = "";
  EXPECT_FALSE(Json::parse(make("text/plain", "x")).contains("lane"));
  EXPECT_FALSE(Json::parse(make(kCloudEvent, kOwn)).contains("lane"));
  lane = "gray";
  EXPECT_EQ(Json::parse(make("text/plain", "x"))["lane"], "gray");
  EXPECT_EQ(Json::parse(make(kCloudEvent, kOwn))["lane"], "gray");
}

TEST(LaneOfEvent, IsReadAndPut) {
  EXPECT_EQ(lane_of_event(R"({"a":{"lane":"x"},"lane":"gr\u0061y"})"), "gray");
  EXPECT_FALSE(lane_of_event(R"({"a":1})"));
  EXPECT_FALSE(lane_of_event("no json"));
  EXPECT_EQ(event_in_lane(R"({"a": 1.10,"lane":"x","b":2})", "gray"),
            R"({"a":1.10,"b":2,"lane":"gray"})");
  EXPECT_EQ(event_in_lane(R"({"lane":"x","a":1})", ""), R"({"a":1})");
  EXPECT_EQ(event_in_lane(R"({"lane":"x"})", ""), "{}");
  EXPECT_EQ(event_in_lane("no json", "gray"), "no json");
}

// It must not become text without a word.
TEST_F(Envelope, RefusesJsonThatIsTooDeep) {
  const std::string deep = std::string(61, '[') + std::string(61, ']');
  EXPECT_EQ(make("application/json", deep), "error: JSON nested deeper than 60 levels at byte 61");
  EXPECT_EQ(Json::parse(make("application/json", "[1"))["data"], "[1");
  EXPECT_EQ(Json::parse(make("text/plain", deep))["data"], deep);
}

TEST_F(Envelope, DataByContentType) {
  struct Case {
    std::string type;
    std::string data;
    std::string key;
    Json value;
  };
  const std::vector<Case> cases = {
      {"application/json; charset=utf-8", "[1]", "data", Json::array({1})},
      {"Application/JSON", "null", "data", nullptr},
      {"application/json", "{broken", "data", "{broken"},
      {"application/json", "", "data", ""},
      {"application/json", "\"\xff\"", "data", "\"\xef\xbf\xbd\""},
      {"text/plain", "{\"a\":1}", "data", "{\"a\":1}"},
      {"", "line\n\"x\"\t\x01", "data", "line\n\"x\"\t\x01"},
      {"application/xml", "<a/>", "data", "<a/>"},
      {"application/vnd.foo+json", "{\"a\":1}", "data", "{\"a\":1}"},
      {"application/octet-stream", std::string("\x00\xff", 2), "data_base64", "AP8="},
      {"application/cloudevents+protobuf", "ab", "data_base64", "YWI="},
  };
  for (const Case& one : cases) {
    const Json event = Json::parse(make(one.type, one.data));
    EXPECT_EQ(event[one.key], one.value) << one.type;
    EXPECT_EQ(event["datacontenttype"], one.type.empty() ? "text/plain" : one.type);
    EXPECT_EQ(event.contains("data") + event.contains("data_base64"), 1) << one.type;
  }
}

TEST_F(Envelope, OverridesComeFromMetadata) {
  metadata = {{"cloudEvent.source", "s"},           {"cloudevent.Type", "t"},
              {"cloudevent.subject", "sub"},        {"cloudevent.traceid", "loses"},
              {"cloudevent.traceparent", "00-a-b"}, {"cloudevent.tracestate", "x=1"}};
  const Json event = Json::parse(make("", "x"));
  EXPECT_EQ(event["source"], "s");
  EXPECT_EQ(event["type"], "t");
  EXPECT_EQ(event["subject"], "sub");
  EXPECT_EQ(event["traceid"], "00-a-b");
  EXPECT_EQ(event["traceparent"], "00-a-b");
  EXPECT_EQ(event["tracestate"], "x=1");
  EXPECT_EQ(event["id"].get<std::string>().size(), 36U);
}

TEST_F(Envelope, TraceOfTheRequestAndNoAppId) {
  trace = {"00-0af7-01", "k=v", ""};
  app = "";
  const Json event = Json::parse(make("", "x"));
  EXPECT_EQ(event["traceid"], "00-0af7-01");
  EXPECT_EQ(event["tracestate"], "k=v");
  EXPECT_EQ(event["source"], "Dapr");
}

TEST_F(Envelope, ExpiresUnlessTheBusDoesIt) {
  metadata = {{"ttlInSeconds", "60"}};
  EXPECT_EQ(Json::parse(make("", "x"))["expiration"], "2026-08-21T20:01:00Z");
  metadata = {{"TTL", "1m30s"}};
  EXPECT_EQ(Json::parse(make("", "x"))["expiration"], "2026-08-21T20:01:30Z");
  expiry = Expiry::kByBus;
  EXPECT_FALSE(Json::parse(make("", "x")).contains("expiration"));
  expiry = Expiry::kInEnvelope;
  for (const char* bad : {"0", "-1", "soon", ""}) {
    metadata = {{"ttlInSeconds", bad}};
    EXPECT_FALSE(Json::parse(make("", "x")).contains("expiration")) << bad;
  }
}

TEST_F(Envelope, CloudEventIsAmended) {
  metadata = {{"cloudevent.id", "ignored"}};
  const std::string event = make("application/cloudevents+json; charset=utf-8",
                                 R"({"topic":"x","data":{"n":1.50},"type":null,"id":"5","ext":1})");
  EXPECT_EQ(event,
            R"({"data":{"n":1.50},"ext":1,"id":"5","pubsubname":"ps","source":"Dapr",)"
            R"("specversion":"1.0","time":"2026-08-21T20:00:00Z","topic":"a/b","traceid":"",)"
            R"("traceparent":"","tracestate":"","type":"com.dapr.event.sent"})");
}

TEST_F(Envelope, CloudEventKeepsWhatItHas) {
  trace = {"00-new-01", "", ""};
  const Json event = Json::parse(make(
      "application/cloudevents+json",
      R"({"traceid":"mine","traceparent":"tp","tracestate":"ts","time":"t","source":"s","type":"y"})"));
  EXPECT_EQ(event["traceid"], "mine");
  EXPECT_EQ(event["traceparent"], "tp");
  EXPECT_EQ(event["time"], "t");
  EXPECT_EQ(event["source"], "s");
  EXPECT_EQ(event["type"], "y");
  EXPECT_FALSE(event.contains("id"));
  EXPECT_FALSE(event.contains("datacontenttype"));
}

TEST_F(Envelope, CloudEventThatIsNoObject) {
  for (const char* bad : {"[1]", "", "{\"a\":}", "{\"a\":1", "1"}) {
    EXPECT_TRUE(make("application/cloudevents+json", bad).starts_with("error: ")) << bad;
  }
}

}  // namespace
}  // namespace edge::blocks
