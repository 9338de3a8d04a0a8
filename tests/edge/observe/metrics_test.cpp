#include "edge/observe/metrics.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/observe/meters.h"

namespace edge::observe {
namespace {

using testing::HasSubstr;
using testing::Not;

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TEST(Metrics, ShowsCountersAndGauges) {
  Registry registry;
  Family<Counter> calls(registry, {"calls", Kind::kCounter, "Calls.", {"app_id", "status"}});
  Family<Gauge> memory(registry, {"memory", Kind::kGauge, "Bytes.", {}});
  Family<Counter> unused(registry, {"unused", Kind::kCounter, "Never.", {}});
  calls.with({"lamp", "200"}).add();
  calls.with({"lamp", "200"}).add(2);
  calls.with({"speaker", ""}).add();
  memory.with({}).set(3670016);
  EXPECT_EQ(registry.text(),
            "# HELP calls Calls.\n# TYPE calls counter\n"
            "calls{app_id=\"lamp\",status=\"200\"} 3\n"
            "calls{app_id=\"speaker\",status=\"\"} 1\n"
            "# HELP memory Bytes.\n# TYPE memory gauge\nmemory 3670016\n");
}

TEST(Metrics, EscapesLabels) {
  Registry registry;
  Family<Counter> calls(registry, {"calls", Kind::kCounter, "Calls.", {"path"}});
  calls.with({"a\"b\\c\nd"}).add();
  EXPECT_THAT(registry.text(), HasSubstr("calls{path=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST(Metrics, GaugesKeepFractions) {
  Registry registry;
  Family<Gauge> seconds(registry, {"seconds", Kind::kCounter, "CPU.", {}});
  seconds.with({}).set(0.25);
  EXPECT_THAT(registry.text(), HasSubstr("# TYPE seconds counter\nseconds 0.25\n"));
}

TEST(Metrics, LatenciesFallIntoDaprdsBuckets) {
  Registry registry;
  Family<Histogram> took(registry,
                         {"took", Kind::kHistogram, "Took.", {"app_id"}, &latency_buckets()});
  Histogram& series = took.with({"lamp"});
  series.observe(std::chrono::microseconds(500));
  series.observe(std::chrono::milliseconds(1));
  series.observe(std::chrono::microseconds(1001));
  series.observe(std::chrono::milliseconds(40));
  series.observe(std::chrono::minutes(5));
  const std::string text = registry.text();
  EXPECT_EQ(occurrences(text, "took_bucket{"), 35U);
  EXPECT_THAT(text, HasSubstr("took_bucket{app_id=\"lamp\",le=\"1\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("took_bucket{app_id=\"lamp\",le=\"2\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("took_bucket{app_id=\"lamp\",le=\"30\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("took_bucket{app_id=\"lamp\",le=\"40\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("took_bucket{app_id=\"lamp\",le=\"100000\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("took_bucket{app_id=\"lamp\",le=\"+Inf\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("took_sum{app_id=\"lamp\"} 300042.501\n"));
  EXPECT_THAT(text, HasSubstr("took_count{app_id=\"lamp\"} 5\n"));
}

TEST(Metrics, SizesFallIntoDaprdsBuckets) {
  Registry registry;
  Family<Histogram> sizes(registry, {"sizes", Kind::kHistogram, "Bytes.", {}, &size_buckets()});
  sizes.with({}).observe(1024U);
  sizes.with({}).observe(1025U);
  sizes.with({}).observe(std::uint64_t{1} << 40U);
  const std::string text = registry.text();
  EXPECT_THAT(text, HasSubstr("sizes_bucket{le=\"1024\"} 1\nsizes_bucket{le=\"2048\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("sizes_bucket{le=\"4294967296\"} 2\nsizes_bucket{le=\"+Inf\"} 3\n"));
}

TEST(Metrics, AFamilyIsBounded) {
  Registry registry;
  Family<Counter> calls(registry, {"calls", Kind::kCounter, "Calls.", {"topic", "success"}});
  for (int i = 0; i < 1000; ++i) calls.with({std::to_string(i), "true"}).add();
  calls.with({"0", "true"}).add();
  EXPECT_EQ(calls.size(), kMaxSeries);
  EXPECT_THAT(registry.text(), HasSubstr("calls{topic=\"0\",success=\"true\"} 2\n"));
  EXPECT_THAT(registry.text(), HasSubstr("calls{topic=\"other\",success=\"other\"} 801\n"));
}

TEST(Metrics, ASeriesStaysWhereItIs) {
  Registry registry;
  Family<Counter> calls(registry, {"calls", Kind::kCounter, "Calls.", {"n"}});
  Counter& first = calls.with({"first"});
  for (int i = 0; i < 300; ++i) calls.with({std::to_string(i)}).add();
  EXPECT_EQ(&calls.with({"first"}), &first);
}

class MetersTest : public testing::Test {
 protected:
  HubMetrics metrics;
  AppMeter lamp{metrics, "lamp", ""};
};

Exchange exchange(std::string_view verb, int status) {
  return {verb, status, std::chrono::milliseconds(2), 10, 2000};
}

TEST_F(MetersTest, CountsExchangesAsDaprdDoes) {
  lamp.requests().done(exchange("POST", 204));
  lamp.requests().done(exchange("POST", 204));
  lamp.calls().done(exchange("BREW", 418));
  const std::string text = metrics.registry.text();
  const std::string post = "{app_id=\"lamp\",method=\"POST\",path=\"\",status=\"204\"} 2\n";
  EXPECT_THAT(text, HasSubstr("dapr_http_server_request_count" + post));
  EXPECT_THAT(text, HasSubstr("dapr_http_server_latency_count" + post));
  EXPECT_THAT(text, HasSubstr("dapr_http_server_response_bytes_sum{app_id=\"lamp\"} 4000\n"));
  EXPECT_THAT(text, HasSubstr("dapr_http_server_request_bytes_sum{app_id=\"lamp\"} 20\n"));
  EXPECT_THAT(text, HasSubstr("dapr_http_client_completed_count{app_id=\"lamp\",method=\"UNKNOWN\","
                              "path=\"\",status=\"418\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("dapr_http_client_sent_bytes_sum{app_id=\"lamp\",method=\"UNKNOWN\","
                              "path=\"\",status=\"\"} 10\n"));
}

TEST_F(MetersTest, OneAppCannotTakeTheRoomOfOthers) {
  for (int status = 100; status < 600; ++status) lamp.calls().done(exchange("GET", status));
  EXPECT_EQ(metrics.calls.count.size(), TrafficMeter::kMaxKept);
  EXPECT_EQ(lamp.calls().totals().count, 500U);
  AppMeter speaker(metrics, "speaker", "");
  speaker.calls().done(exchange("GET", 200));
  EXPECT_THAT(metrics.registry.text(),
              HasSubstr("completed_count{app_id=\"speaker\",method=\"GET\",path=\"\","
                        "status=\"200\"} 1\n"));
  EXPECT_THAT(metrics.registry.text(),
              HasSubstr("completed_count{app_id=\"lamp\",method=\"other\",path=\"\","
                        "status=\"other\"} 477\n"));
}

TEST_F(MetersTest, SumsUp) {
  lamp.calls().done(exchange("GET", 200));
  lamp.calls().done(exchange("POST", 503));
  const TrafficTotals totals = lamp.calls().totals();
  EXPECT_EQ(totals.count, 2U);
  EXPECT_EQ(totals.errors, 1U);
  EXPECT_EQ(totals.latency[1], 2U);
  {
    const InFlight one(&lamp.calls());
    InFlight two(&lamp.calls());
    const InFlight moved(std::move(two));
    EXPECT_EQ(lamp.calls().in_flight(), 2U);
  }
  EXPECT_EQ(lamp.calls().in_flight(), 0U);
}

TEST_F(MetersTest, CountsCallsBetweenAppsOnBothSides) {
  const AppMeter speaker(metrics, "speaker", "");
  InvocationMeter& calls = lamp.invocations(speaker);
  EXPECT_EQ(&lamp.invocations(speaker), &calls);
  calls.sent();
  calls.answered(200, std::chrono::milliseconds(3));
  const std::string text = metrics.registry.text();
  const std::string base = "dapr_runtime_service_invocation_";
  EXPECT_THAT(text, HasSubstr(base + "req_sent_total{app_id=\"lamp\",dst_app_id=\"speaker\","
                                     "type=\"unary\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(base + "req_recv_total{app_id=\"speaker\",src_app_id=\"lamp\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(base + "res_sent_total{app_id=\"speaker\",dst_app_id=\"lamp\","
                                     "status=\"200\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(base + "res_recv_total{app_id=\"lamp\",src_app_id=\"speaker\","
                                     "status=\"200\",type=\"unary\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(base + "res_recv_latency_ms_sum{app_id=\"lamp\","
                                     "src_app_id=\"speaker\",status=\"200\"} 3\n"));
}

TEST_F(MetersTest, CountsUsesOfComponents) {
  lamp.used({&ComponentMetrics::state, "store", "get", success_text(true)}, Duration(1));
  lamp.used({&ComponentMetrics::state, "store", "get", success_text(false)}, Duration(1));
  lamp.used({&ComponentMetrics::pubsub_egress, "bus", "on", "true"}, Duration(1));
  lamp.used({&ComponentMetrics::pubsub_ingress, "bus", "on", "retry"}, Duration(1));
  const std::string text = metrics.registry.text();
  const std::string state =
      "dapr_component_state_count{app_id=\"lamp\",component=\"store\",namespace=\"\","
      "operation=\"get\",success=";
  EXPECT_THAT(text, HasSubstr(state + "\"true\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(state + "\"false\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("pubsub_egress_count{app_id=\"lamp\",component=\"bus\","
                              "namespace=\"\",success=\"true\",topic=\"on\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("pubsub_ingress_count{app_id=\"lamp\",component=\"bus\","
                              "namespace=\"\",process_status=\"retry\",topic=\"on\","
                              "status=\"\"} 1\n"));
}

TEST_F(MetersTest, TopicsOfOneAppAreBounded) {
  for (int i = 0; i < 500; ++i) {
    const std::string topic = std::to_string(i);
    lamp.used({&ComponentMetrics::pubsub_egress, "bus", topic, "true"}, Duration(1));
  }
  EXPECT_LT(metrics.components.pubsub_egress.count.size(), 60U);
  EXPECT_THAT(metrics.registry.text(), HasSubstr("success=\"true\",topic=\"other\"} 452\n"));
  EXPECT_THAT(metrics.registry.text(), Not(HasSubstr("topic=\"48\"")));
}

TEST(HubMetrics, TakesLittleWhereNothingHappens) {
  const HubMetrics metrics;
  EXPECT_EQ(metrics.registry.text(), "");
}

}  // namespace
}  // namespace edge::observe
