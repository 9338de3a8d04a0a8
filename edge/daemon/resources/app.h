// An app of this hub: kind App of edgelane.dev/v1, or what a daprd command line describes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "edge/base/time.h"
#include "edge/daemon/resources/value.h"

namespace edge::daemon {

enum class AppProtocol : std::uint8_t { kHttp, kHttps, kGrpc };

struct AppHealth {
  bool enabled = false;
  std::string path = "/healthz";
  Duration interval = std::chrono::seconds(5);
  Duration timeout = std::chrono::milliseconds(500);
  std::uint32_t threshold = 3;
};

// Who may use the app's own sockets; what is absent is left to the daemon.
struct AppSocket {
  std::string owner;
  std::string group;
  Source owner_source;
  Source group_source;
  std::optional<std::uint32_t> mode;
};

struct App {
  std::string id;
  std::string name_space = "default";
  std::string address = "127.0.0.1";  // host name, IP address, or "unix:" and an absolute path
  std::optional<std::uint16_t> port;  // absent: the app only calls, unless it has a socket
  AppProtocol protocol = AppProtocol::kHttp;
  std::string lane = "base";
  std::uint32_t max_concurrency = 0;  // 0: unlimited
  AppSocket socket;
  std::optional<std::uint16_t> api_port;  // a TCP port of its own for the API
  std::optional<std::uint16_t> api_grpc_port;
  std::optional<Value> api_token;  // what the app shows to the API
  std::optional<Value> app_token;  // what the app is shown, as dapr-api-token
  AppHealth health;
  std::string secret_store;  // where its secretKeyRefs are looked up
  Source source;

  // What tells this instance from those of the same id in other lanes: "lamp", "lamp@gray".
  [[nodiscard]] std::string instance() const { return lane == "base" ? id : id + "@" + lane; }
  // Whether the app can be called.
  [[nodiscard]] bool has_channel() const {
    return port.has_value() || address.starts_with("unix:");
  }
};

// As metadata shows it: "http".
std::string_view to_text(AppProtocol protocol) noexcept;

// The parts that a command line and a resource have in common.
// Errors: kInvalidArgument with "expected ..., got ...; ..." and no place.
Result<AppProtocol> parse_app_protocol(std::string_view text);
Status check_app_id(std::string_view id);
Status check_app_address(std::string_view address);
Status check_health_path(std::string_view path);

}  // namespace edge::daemon
