#include "edge/observe/rpc_meter.h"

#include <string>

#include <gtest/gtest.h>

#include "edge/observe/meters.h"

namespace edge::observe {
namespace {

constexpr std::string_view kMethod = "/dapr.proto.runtime.v1.Dapr/GetState";

class RpcMeterTest : public testing::Test {
 protected:
  void done(std::string_view method, const Status& status) {
    meter_.done({.method = method,
                 .status = status,
                 .took = std::chrono::milliseconds(3),
                 .received_bytes = 100,
                 .sent_bytes = 2000});
  }

  HubMetrics metrics_;
  RpcMeter meter_{metrics_.rpc_requests, "lamp"};
};

TEST_F(RpcMeterTest, CountsAsDaprdDoes) {
  done(kMethod, {});
  done(kMethod, {});
  done(kMethod, Error{Code::kNotFound, "x"});
  const std::string text = metrics_.registry.text();
  const std::string labels = "app_id=\"lamp\",grpc_server_method=\"" + std::string(kMethod) + "\"";
  for (const std::string& line :
       {"dapr_grpc_io_server_completed_rpcs{" + labels + ",grpc_server_status=\"OK\"} 2\n",
        "dapr_grpc_io_server_completed_rpcs{" + labels + ",grpc_server_status=\"NotFound\"} 1\n",
        "dapr_grpc_io_server_server_latency_sum{" + labels + ",grpc_server_status=\"OK\"} 6\n",
        "dapr_grpc_io_server_received_bytes_per_rpc_sum{" + labels + "} 300\n",
        "dapr_grpc_io_server_sent_bytes_per_rpc_sum{" + labels + "} 6000\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

TEST_F(RpcMeterTest, OneAppTakesOnlyItsRoom) {
  for (int i = 0; i < 200; ++i) done("/any.Service/M" + std::to_string(i), {});
  EXPECT_EQ(metrics_.rpc_requests.count.size(), RpcMeter::kMaxKept);
  EXPECT_NE(metrics_.registry.text().find("grpc_server_method=\"other\""), std::string::npos);
}

TEST_F(RpcMeterTest, ProbesAreCounted) {
  AppMeter app(metrics_, "lamp", "");
  app.probed(Status(), std::chrono::milliseconds(1));
  app.probed(Status(Error{Code::kUnimplemented, ""}), std::chrono::milliseconds(1));
  const std::string text = metrics_.registry.text();
  for (const std::string status : {"OK", "Unimplemented"}) {
    const std::string line =
        "dapr_grpc_io_healthprobes_completed_count{app_id=\"lamp\","
        "grpc_client_status=\"" +
        status + "\"} 1\n";
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace edge::observe
