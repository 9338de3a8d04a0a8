#include "edge/daemon/flags_values.h"

#include <array>

#include <gtest/gtest.h>

namespace edge::daemon {
namespace {

using namespace std::chrono_literals;

Options parsed(const std::string& flag) {
  const auto options = parse_flags({"--app-id=a", flag});
  EXPECT_TRUE(options) << options.error().message;
  return options ? *options : Options{};
}

std::string fault(const std::string& flag) {
  const auto options = parse_flags({"--app-id=a", flag});
  return options ? "" : options.error().message;
}

TEST(FlagValues, EachFlagSetsItsOption) {
  EXPECT_EQ(parsed("--app-port=9001").app_port, 9001);
  EXPECT_EQ(parsed("--app-port=0").app_port, std::nullopt);
  EXPECT_EQ(parsed("--app-protocol=HTTPS").app_protocol, AppProtocol::kHttps);
  EXPECT_EQ(parsed("--app-channel-address=[::1]").app_channel_address, "::1");
  EXPECT_EQ(parsed("--app-channel-address=").app_channel_address, "127.0.0.1");
  EXPECT_EQ(parsed("--app-max-concurrency=7").app_max_concurrency, 7u);
  EXPECT_EQ(parsed("--app-max-concurrency=-1").app_max_concurrency, 0u);
  EXPECT_TRUE(parsed("--enable-app-health-check").app_health.enabled);
  EXPECT_EQ(parsed("--app-health-check-path=/live").app_health.path, "/live");
  EXPECT_EQ(parsed("--app-health-probe-interval=9").app_health.interval, Duration(9s));
  EXPECT_EQ(parsed("--app-health-probe-interval=0").app_health.interval, Duration(5s));
  EXPECT_EQ(parsed("--app-health-probe-timeout=20").app_health.timeout, Duration(20ms));
  EXPECT_EQ(parsed("--app-health-probe-timeout=-1").app_health.timeout, Duration(500ms));
  EXPECT_EQ(parsed("--app-health-threshold=9").app_health.threshold, 9u);
  EXPECT_EQ(parsed("--app-health-threshold=0").app_health.threshold, 3u);
  EXPECT_EQ(parsed("--mode=standalone").app_id, "a");
  EXPECT_EQ(parsed("--dapr-http-port=0").http_port, 0);
  EXPECT_EQ(parsed("--dapr-public-port=8080").public_port, 8080);
  EXPECT_EQ(parsed("--dapr-public-listen-address=::1").public_listen_address, "::1");
  EXPECT_EQ(parsed("--max-body-size=16Mi").max_body_size_bytes, 16u << 20U);
  EXPECT_EQ(parsed("--max-body-size=-1").max_body_size_bytes, 0u);
  EXPECT_EQ(parsed("--read-buffer-size=64Ki").read_buffer_size_bytes, 64u << 10U);
  EXPECT_EQ(parsed("--enable-api-logging").api_logging, true);
  EXPECT_EQ(parsed("--enable-api-logging=false").api_logging, false);
  EXPECT_EQ(parsed("--dapr-graceful-shutdown-seconds=30").graceful_shutdown, 30s);
  EXPECT_EQ(parsed("--dapr-graceful-shutdown-seconds=-1").graceful_shutdown, 5s);
  EXPECT_EQ(parsed("--dapr-block-shutdown-duration=1m").block_shutdown, Duration(1min));
  EXPECT_EQ(parsed("--log-level=debug").log_level, log::Level::kDebug);
  EXPECT_EQ(parsed("--log-file=/l").log_file, "/l");
  EXPECT_EQ(parsed("--scheduler-job-streams=3").warnings.size(), 1u);
}

// A flag, and what is said of it.
constexpr auto kFaults = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"--app-port=90o1", "--app-port: expected 0..65535, got \"90o1\"; write a number"},
    {"--app-port=65536", "--app-port: expected 0..65535, got \"65536\"; choose one within"},
    {"--dapr-http-port=", "--dapr-http-port: expected 0..65535, got \"\"; write a number"},
    {"--dapr-public-port=-1",
     "--dapr-public-port: expected 0..65535, got \"-1\"; choose one within"},
    {"--metrics-port=x", "--metrics-port: expected 0..65535, got \"x\"; write a number"},
    {"--app-id=a.b",
     "--app-id: expected an app id without dots, got \"a.b\"; a dot separates an id from its "
     "namespace"},
    {"--app-id=",
     "--app-id: expected an app id of 1..63 letters, digits, '-' and '_', got \"\"; choose "
     "another id"},
    {"--default-app=a/b",
     "--default-app: expected an app id of 1..63 letters, digits, '-' and '_', got \"a/b\"; "
     "choose another id"},
    {"--app-protocol=grpcs",
     "--app-protocol: protocol \"grpcs\" is not supported yet; use http, https or grpc"},
    {"--app-protocol=x",
     "--app-protocol: expected http, https or grpc, got \"x\"; choose one of them"},
    {"--app-channel-address=h:1",
     "--app-channel-address: expected a host name or an IP address, got \"h:1\"; write the port "
     "in its own field"},
    {"--app-max-concurrency=many",
     "--app-max-concurrency: expected a whole number, got \"many\"; write a number"},
    {"--app-ssl=maybe",
     "--app-ssl: expected true or false, got \"maybe\"; write one of them after ="},
    {"--enable-app-health-check=maybe",
     "--enable-app-health-check: expected true or false, got \"maybe\"; write one of them after "
     "="},
    {"--app-health-check-path=live",
     "--app-health-check-path: expected a path that begins with /, got \"live\"; write it as "
     "/healthz"},
    {"--app-health-probe-interval=5s",
     "--app-health-probe-interval: expected a whole number, got \"5s\"; write a number"},
    {"--app-health-probe-timeout=1s",
     "--app-health-probe-timeout: expected a whole number, got \"1s\"; write a number"},
    {"--app-health-threshold=x",
     "--app-health-threshold: expected a whole number, got \"x\"; write a number"},
    {"--mode=kubernetes",
     "--mode: \"kubernetes\" is not supported: this daemon runs on a device; use standalone"},
    {"--mode=x", "--mode: expected standalone, got \"x\"; leave the flag out"},
    {"--dapr-listen-addresses=127.0.0.1,unix:/s",
     "--dapr-listen-addresses: expected host names or IP addresses, got \"unix:/s\"; use "
     "--unix-domain-socket for sockets"},
    {"--dapr-listen-addresses=a:80",
     "--dapr-listen-addresses: expected a host name or an IP address, got \"a:80\"; write the "
     "port in its own field"},
    {"--max-body-size=4MiB",
     "--max-body-size: expected a size in bytes, got \"4MiB\"; write one such as 4Mi, 512Ki or "
     "4096"},
    {"--read-buffer-size=big",
     "--read-buffer-size: expected a size in bytes, got \"big\"; write one such as 4Mi, 512Ki or "
     "4096"},
    {"--read-buffer-size=0",
     "--read-buffer-size: expected a size of 1..16Mi, got \"0\"; choose one within"},
    {"--read-buffer-size=17Mi",
     "--read-buffer-size: expected a size of 1..16Mi, got \"17Mi\"; choose one within"},
    {"--dapr-http-max-request-size=x",
     "--dapr-http-max-request-size: expected a whole number, got \"x\"; write a number"},
    {"--dapr-http-read-buffer-size=0",
     "--dapr-http-read-buffer-size: expected 1..16384, got \"0\"; choose one within"},
    {"--enable-api-logging=x",
     "--enable-api-logging: expected true or false, got \"x\"; write one of them after ="},
    {"--dapr-graceful-shutdown-seconds=5s",
     "--dapr-graceful-shutdown-seconds: expected a whole number, got \"5s\"; write a number"},
    {"--dapr-block-shutdown-duration=x",
     "--dapr-block-shutdown-duration: expected a duration, got \"x\"; write one such as 10s, "
     "500ms or 1m30s"},
    {"--dapr-block-shutdown-duration=-1s",
     "--dapr-block-shutdown-duration: expected a duration, got \"-1s\"; write one such as 10s, "
     "500ms or 1m30s"},
    {"--log-as-json=x",
     "--log-as-json: expected true or false, got \"x\"; write one of them after ="},
    {"--version=x", "--version: expected true or false, got \"x\"; write one of them after ="},
    {"--enable-mtls=x",
     "--enable-mtls: expected true or false, got \"x\"; write one of them after ="},
    {"--scheduler-job-streams=x",
     "--scheduler-job-streams: expected a whole number, got \"x\"; write a number"},
    {"--actors-disseminate-timeout=x",
     "--actors-disseminate-timeout: expected a duration, got \"x\"; write one such as 10s, 500ms "
     "or 1m30s"},
});

TEST(FlagValues, EveryFaultNamesFlagValueAndRemedy) {
  for (const auto& [flag, message] : kFaults) EXPECT_EQ(fault(std::string(flag)), message) << flag;
}

TEST(FlagValues, LogLevelsAreTheLogsOwn) {
  const std::string message = fault("--log-level=loud");
  EXPECT_EQ(message.find("--log-level: "), 0u) << message;
  EXPECT_NE(message.find("loud"), std::string::npos) << message;
  EXPECT_NE(message.find("debug"), std::string::npos) << message;
}

}  // namespace
}  // namespace edge::daemon
