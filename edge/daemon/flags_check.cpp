#include <algorithm>
#include <array>

#include "edge/daemon/flags_table.h"

namespace edge::daemon {
namespace {

constexpr std::size_t kMaxSocketPath = 107;  // sockaddr_un

Error fault(std::string_view flag, const std::string& message) {
  return {Code::kInvalidArgument, "--" + std::string(flag) + ": " + message};
}

// Flags that describe the one app make no sense where there is none.
Status check_mode(const Draft& draft) {
  if (draft.has("app-id")) {
    if (draft.options.default_app.empty()) return {};
    return fault("default-app", "is for a hub, not for --app-id; leave one of them out");
  }
  for (const FlagGroup& group : flag_groups()) {
    for (const FlagRow& row : group.rows) {
      const auto given = draft.given.find(row.name);
      const bool is_default =
          given == draft.given.end() || given->second.empty() || given->second == row.fallback;
      const bool needs_app = group.use == FlagUse::kOneApp || row.name == "unix-domain-socket";
      if (!needs_app || is_default) continue;
      return fault(row.name,
                   "needs --app-id; name the app, or describe it in an App resource of the hub");
    }
  }
  return {};
}

Status check_ports(const Options& options) {
  struct Port {
    std::string_view flag;
    std::uint16_t number;
  };
  const std::array<Port, 5> ports = {
      {{"app-port", options.app_port.value_or(0)},
       {"dapr-public-port", options.public_port.value_or(0)},
       {"dapr-internal-grpc-port", options.internal_grpc_port.value_or(0)},
       {"dapr-http-port", options.http_port},
       {"dapr-grpc-port", options.grpc_port}}};
  for (std::size_t i = 0; i < ports.size(); ++i) {
    for (std::size_t j = i + 1; j < ports.size(); ++j) {
      if (ports[i].number == 0 || ports[i].number != ports[j].number) continue;
      return fault(ports[i].flag, std::to_string(ports[i].number) + " is also --" +
                                      std::string(ports[j].flag) + "; choose another port");
    }
  }
  return {};
}

Status check_health(const AppHealth& health) {
  if (health.timeout < health.interval) return {};
  return fault("app-health-probe-timeout",
               format_duration(health.timeout) + " is not less than the interval of " +
                   format_duration(health.interval) +
                   "; shorten it, or lengthen --app-health-probe-interval");
}

Status check_socket(const Options& options) {
  if (options.unix_domain_socket.empty()) return {};
  const std::string path = options.unix_domain_socket + "/dapr-" + options.app_id + "-http.socket";
  if (path.size() <= kMaxSocketPath) return {};
  return fault("unix-domain-socket", "the socket's path " + in_quotes(path) +
                                         " is over 107 bytes; choose a shorter directory");
}

void apply_deprecated(Draft& draft) {
  Options& options = draft.options;
  if (draft.app_ssl) options.app_protocol = AppProtocol::kHttps;
  if (draft.request_size_mb && !draft.has("max-body-size")) {
    const auto megabytes =
        static_cast<std::uint64_t>(std::max<std::int64_t>(*draft.request_size_mb, 0));
    options.max_body_size_bytes = megabytes * 1024 * 1024;
  }
  if (draft.read_buffer_kb && !draft.has("read-buffer-size")) {
    options.read_buffer_size_bytes = static_cast<std::uint64_t>(*draft.read_buffer_kb) * 1024;
  }
  if (!draft.components_path.empty() && options.resources_paths.empty()) {
    options.resources_paths = {draft.components_path};
  }
}

void apply_directories(Draft& draft) {
  Options& options = draft.options;
  const bool has_root = !draft.root.empty();
  if (!has_root && !options.is_hub()) return;
  if (options.resources_paths.empty()) {
    options.resources_paths = {has_root ? draft.root + "/etc" : "/etc/edgelane"};
    options.missing_resources = MissingPath::kIsIgnored;
  }
  if (options.data_dir.empty()) {
    options.data_dir = has_root ? draft.root + "/data" : "/var/lib/edgelane";
  }
  if (options.run_dir.empty()) options.run_dir = has_root ? draft.root + "/run" : "/run/edgelane";
}

}  // namespace

Status complete(Draft& draft) {
  Options& options = draft.options;
  apply_deprecated(draft);
  apply_directories(draft);
  options.grpc_port_given = draft.has("dapr-grpc-port");
  if (options.is_hub() && !draft.has("dapr-listen-addresses")) {
    options.listen_addresses = {"127.0.0.1"};
  }
  if (options.is_hub() && !draft.has("metrics-listen-address")) {
    options.metrics_listen_address = "127.0.0.1";
  }
  if (const Status fits = check_mode(draft); !fits) return fits;
  if (const Status fits = check_ports(options); !fits) return fits;
  if (const Status fits = check_health(options.app_health); !fits) return fits;
  return check_socket(options);
}

}  // namespace edge::daemon
