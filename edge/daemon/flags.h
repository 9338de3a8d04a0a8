// The command line: daprd's, and what a hub has besides. Source: the wire reference §13.1.
//
// With --app-id it is a hub with that one app, and every default is daprd's. Without, it is a
// hub whose apps come from resources: the API listens on 127.0.0.1, and files are in
// /etc/edgelane, /var/lib/edgelane and /run/edgelane, or below --root.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/base/log.h"
#include "edge/base/time.h"
#include "edge/daemon/resources/resources.h"

namespace edge::daemon {

struct Options {
  // What to do; all but kRun print and exit.
  enum class Action : std::uint8_t { kRun, kHelp, kVersion, kBuildInfo, kWait };
  Action action = Action::kRun;

  std::string app_id;       // "": a hub
  std::string default_app;  // hub: whose requests without identity on the shared port are

  // The app of app_id; see command_line_app().
  std::optional<std::uint16_t> app_port;
  AppProtocol app_protocol = AppProtocol::kHttp;
  std::string app_channel_address = "127.0.0.1";
  std::uint32_t app_max_concurrency = 0;  // 0: unlimited
  AppHealth app_health;
  bool asks_for_subscriptions = true;  // GET /dapr/subscribe

  std::uint16_t http_port = 3500;  // 0: the kernel chooses
  std::uint16_t grpc_port = 50001;
  bool grpc_port_given = false;               // the hub does not do without
  std::vector<std::string> listen_addresses;  // without brackets; empty: every interface
  std::optional<std::uint16_t> public_port;
  std::string public_listen_address;
  std::optional<std::uint16_t> internal_grpc_port;      // absent: other hubs cannot call this one
  std::string internal_listen_address;                  // without brackets
  std::string unix_domain_socket;                       // directory; "": TCP
  std::uint64_t max_body_size_bytes = 4 * 1024 * 1024;  // 0: unlimited
  std::uint64_t read_buffer_size_bytes = 4 * 1024;      // of a header block
  std::vector<std::string> allowed_origins;             // empty: no CORS headers
  std::optional<bool> api_logging;                      // absent: as Configuration says

  std::vector<std::string> resources_paths;
  MissingPath missing_resources = MissingPath::kIsError;  // ignored where the path is a default
  std::vector<std::string> config_files;
  Duration reconcile_interval = std::chrono::seconds(60);  // between two looks at the resources
  std::string data_dir;                                    // "": nothing is kept
  std::string run_dir;                                     // "": no sockets for each app

  bool metrics = true;
  std::uint16_t metrics_port = 9090;  // 0: the kernel chooses
  std::string metrics_listen_address = "0.0.0.0";

  std::chrono::seconds graceful_shutdown{5};
  Duration block_shutdown{0};
  log::Level log_level = log::Level::kInfo;
  log::Format log_format = log::Format::kText;
  std::string log_file;

  // Lines to log once the log is set up: flags that have no effect.
  std::vector<std::string> warnings;

  [[nodiscard]] bool is_hub() const { return app_id.empty(); }
};

// `arguments` are those after the program's name. Every flag may be written "--flag value",
// "--flag=value" and with one dash; booleans also alone; lists with commas and repeated.
// Errors: kInvalidArgument, "--<flag>: <what is wrong and what to do>".
Result<Options> parse_flags(const std::vector<std::string>& arguments);

// What --help prints, 100 columns wide.
std::string help_text(std::string_view program);

// The app that the command line describes, with NAMESPACE, DAPR_API_TOKEN and APP_API_TOKEN.
// Not for a hub.
App command_line_app(const Options& options, const EnvLookup& environment);

// Which resources to read for these options.
LoadRequest load_request(const Options& options, const EnvLookup& environment);

}  // namespace edge::daemon
