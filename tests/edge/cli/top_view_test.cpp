#include "edge/cli/top_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/cli/log_line.h"

namespace edge::cli {
namespace {

using testing::HasSubstr;

TEST(Top, ReadsWhatAHubTells) {
  const auto reading = read_top(
      R"({"version":"1","uptimeSeconds":2.5,"latencyBoundsMs":[1,2],"apps":[{"id":"lamp",)"
      R"("state":"healthy","calls":{"count":3,"errors":1,"inFlight":2,"latency":[1,2,0]}}, 7],)"
      R"("components":[{"name":"s","type":"state.sqlite","count":4,"errors":-1}]})");
  ASSERT_TRUE(reading) << reading.error().message;
  EXPECT_EQ(reading->uptime_seconds, 2.5);
  ASSERT_EQ(reading->apps.size(), 1U);
  EXPECT_EQ(reading->apps[0].calls.count, 3U);
  EXPECT_EQ(reading->apps[0].calls.latency, (std::vector<std::uint64_t>{1, 2, 0}));
  EXPECT_EQ(reading->apps[0].requests.count, 0U);
  EXPECT_EQ(reading->components[0].errors, 0U);
  EXPECT_FALSE(read_top("{}"));
  EXPECT_FALSE(read_top("nonsense"));
}

TEST(Top, QuantilesLieWithinTheirBucket) {
  const std::vector<double> bounds = {1, 2, 4};
  EXPECT_FALSE(quantile_ms({0, 0, 0, 0}, bounds, 0.5));
  EXPECT_DOUBLE_EQ(*quantile_ms({10, 0, 0, 0}, bounds, 0.5), 0.5);
  EXPECT_DOUBLE_EQ(*quantile_ms({5, 0, 5, 0}, bounds, 0.75), 3);
  EXPECT_DOUBLE_EQ(*quantile_ms({0, 0, 0, 9}, bounds, 0.5), 4);
}

TopReading reading(double uptime, std::uint64_t calls) {
  TopReading made;
  made.version = "1";
  made.uptime_seconds = uptime;
  made.cpu_seconds = uptime / 20;
  made.bounds_ms = {1, 2};
  TopApp lamp;
  lamp.id = "lamp";
  lamp.state = "running";
  lamp.calls = {calls, calls / 2, 1, {calls, 0, 0}};
  made.apps.push_back(lamp);
  return made;
}

TEST(Top, ShowsRates) {
  const std::string text = top_text(reading(10, 100), reading(12, 160));
  EXPECT_THAT(text, HasSubstr("edgelane 1, up 12s, "));
  EXPECT_THAT(text, HasSubstr("CPU 5.0 %"));
  EXPECT_THAT(text, testing::ContainsRegex("lamp +running +0.0 +0.0 +30 +15 +1 +0.5 +0.9"));
  EXPECT_THAT(top_json(reading(10, 100), reading(12, 160)), HasSubstr("\"callsPerSecond\":30.0"));
}

TEST(Top, AHubThatStartedAgainCountsFromNothing) {
  EXPECT_THAT(top_json(reading(100, 5000), reading(2, 60)), HasSubstr("\"callsPerSecond\":30.0"));
}

TEST(LogLine, IsShownForPeople) {
  EXPECT_EQ(log_line_text(R"({"app":"lamp","error":"no such file","instance":"host",)"
                          R"("level":"warning","msg":"hello","scope":"edge.x",)"
                          R"("time":"2026-08-21T20:12:09.123456789Z","type":"log","ver":"1"})"),
            "2026-08-21 20:12:09.123Z warning edge.x: hello app=lamp error=\"no such file\"");
  EXPECT_EQ(log_line_text("no\x1b[2JSON"), "no [2JSON");
}

}  // namespace
}  // namespace edge::cli
