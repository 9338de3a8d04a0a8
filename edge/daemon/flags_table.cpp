#include "edge/daemon/flags_table.h"

#include <algorithm>
#include <array>

#include "edge/daemon/flags_values.h"

namespace edge::daemon {
namespace {

using flag::action;
using flag::any_bool;
using flag::any_duration;
using flag::any_number;
using flag::any_port;
using flag::any_text;
using flag::boolean;
using flag::list;
using flag::optional_port;
using flag::port;
using flag::text;
using flag::whole_number;

Status set_app_id(Draft& draft, std::string_view value) {
  draft.options.app_id = value;
  return check_app_id(value);
}

Status set_default_app(Draft& draft, std::string_view value) {
  draft.options.default_app = value;
  if (value.empty()) return {};
  return check_app_id(value);
}

Status set_mode(Draft& /*draft*/, std::string_view value) {
  if (value == "standalone") return {};
  if (value == "kubernetes") {
    return Error{Code::kInvalidArgument,
                 "\"kubernetes\" is not supported: this daemon runs on a device; use standalone"};
  }
  return flag::expected("standalone", value, "leave the flag out");
}

Status set_app_protocol(Draft& draft, std::string_view value) {
  return flag::store<&Options::app_protocol>(draft, parse_app_protocol(value));
}

Status set_app_address(Draft& draft, std::string_view value) {
  const std::string host = flag::without_brackets(value);
  if (!host.empty()) draft.options.app_channel_address = host;
  return check_app_address(draft.options.app_channel_address);
}

Status set_max_concurrency(Draft& draft, std::string_view value) {
  const auto number = flag::to_number(value, INT32_MIN, INT32_MAX);
  if (!number) return number.error();
  const auto calls = std::max<std::int64_t>(*number, 0);
  draft.options.app_max_concurrency = static_cast<std::uint32_t>(calls);
  return {};
}

Status set_health(Draft& draft, std::string_view value) {
  const auto asked = flag::to_bool(value);
  if (!asked) return asked.error();
  draft.options.app_health.enabled = *asked;
  return {};
}

Status set_health_path(Draft& draft, std::string_view value) {
  draft.options.app_health.path = value;
  return check_health_path(value);
}

// As in daprd, what is not over 0 is the default.
Result<std::int64_t> number_or(std::string_view value, std::int64_t fallback) {
  const auto number = flag::to_number(value, INT32_MIN, INT32_MAX);
  if (number && *number <= 0) return fallback;
  return number;
}

Status set_health_interval(Draft& draft, std::string_view value) {
  const auto seconds = number_or(value, 5);
  if (!seconds) return seconds.error();
  draft.options.app_health.interval = std::chrono::seconds(*seconds);
  return {};
}

Status set_health_timeout(Draft& draft, std::string_view value) {
  const auto milliseconds = number_or(value, 500);
  if (!milliseconds) return milliseconds.error();
  draft.options.app_health.timeout = std::chrono::milliseconds(*milliseconds);
  return {};
}

Status set_health_threshold(Draft& draft, std::string_view value) {
  const auto failures = number_or(value, 3);
  if (!failures) return failures.error();
  draft.options.app_health.threshold = static_cast<std::uint32_t>(*failures);
  return {};
}

// "config" is never asked for: it is for actors.
Status set_init_endpoints(Draft& draft, std::string_view value) {
  for (const std::string& endpoint : flag::to_list(value)) {
    if (endpoint == "subscribe") {
      draft.options.asks_for_subscriptions = false;
    } else if (endpoint != "config") {
      return flag::expected("config or subscribe", endpoint, "separate several with a comma");
    }
  }
  return {};
}

Status set_max_body(Draft& draft, std::string_view value) {
  const auto bytes = flag::to_quantity(value);
  if (!bytes) return bytes.error();
  draft.options.max_body_size_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(*bytes, 0));
  return {};
}

Status set_read_buffer(Draft& draft, std::string_view value) {
  constexpr std::int64_t kMax = 16 * 1024 * 1024;
  const auto bytes = flag::to_quantity(value);
  if (!bytes) return bytes.error();
  if (*bytes < 1 || *bytes > kMax) {
    return flag::expected("a size of 1..16Mi", value, "choose one within");
  }
  draft.options.read_buffer_size_bytes = static_cast<std::uint64_t>(*bytes);
  return {};
}

Status set_read_buffer_kb(Draft& draft, std::string_view value) {
  const auto kilobytes = flag::to_number(value, 1, 16 * 1024);
  if (!kilobytes) return kilobytes.error();
  draft.read_buffer_kb = *kilobytes;
  return {};
}

Status set_listen_addresses(Draft& draft, std::string_view value) {
  for (const std::string& item : flag::to_list(value)) {
    const std::string host = flag::without_brackets(item);
    const Status fits = host.starts_with("unix:")
                            ? flag::expected("host names or IP addresses", host,
                                             "use --unix-domain-socket for sockets")
                            : check_app_address(host);
    if (!fits) return fits;
    draft.options.listen_addresses.push_back(host);
  }
  return {};
}

Status set_metrics_address(Draft& draft, std::string_view value) {
  const std::string host = flag::without_brackets(value);
  if (host.empty()) return {};
  draft.options.metrics_listen_address = host;
  return check_app_address(host);
}

Status set_internal_address(Draft& draft, std::string_view value) {
  const std::string host = flag::without_brackets(value);
  if (host.empty()) return {};
  draft.options.internal_listen_address = host;
  return check_app_address(host);
}

Status set_api_logging(Draft& draft, std::string_view value) {
  return flag::store<&Options::api_logging>(draft, flag::to_bool(value));
}

Status set_grace(Draft& draft, std::string_view value) {
  const auto seconds = flag::to_number(value, INT32_MIN, INT32_MAX);
  if (!seconds) return seconds.error();
  draft.options.graceful_shutdown = std::chrono::seconds(*seconds < 0 ? 5 : *seconds);
  return {};
}

Status set_reconcile(Draft& draft, std::string_view value) {
  const auto interval = flag::to_duration(value);
  if (!interval) return interval.error();
  if (*interval > Duration::zero()) draft.options.reconcile_interval = *interval;
  return {};
}

Status set_block(Draft& draft, std::string_view value) {
  return flag::store<&Options::block_shutdown>(draft, flag::to_duration(value));
}

Status set_log_level(Draft& draft, std::string_view value) {
  return flag::store<&Options::log_level>(draft, log::parse_level(value));
}

Status set_log_format(Draft& draft, std::string_view value) {
  const auto json = flag::to_bool(value);
  if (!json) return json.error();
  draft.options.log_format = *json ? log::Format::kJson : log::Format::kText;
  return {};
}

constexpr auto kServes = std::to_array<FlagRow>({
    {"app-id", "ID", "", set_app_id,
     "Serve this one app, as daprd does; without it, serve the apps of the resources"},
    {"default-app", "ID", "", set_default_app,
     "Hub: requests without identity on the shared port are this app's"},
    {"mode", "NAME", "standalone", set_mode, "Only standalone"},
});

constexpr auto kApp = std::to_array<FlagRow>({
    {"app-port", "PORT", "", optional_port<&Options::app_port>,
     "Where the app listens; without it the app is never called"},
    {"app-protocol", "NAME", "http", set_app_protocol, "http, https or grpc"},
    {"app-channel-address", "HOST", "127.0.0.1", set_app_address, "The host that the app runs on"},
    {"app-max-concurrency", "N", "-1", set_max_concurrency,
     "Calls to the app at one time; 0 or less for any number"},
    {"app-ssl", "", "false", boolean<&Draft::app_ssl>, "TLS to the app", "--app-protocol=https"},
    {"enable-app-health-check", "", "false", set_health, "Ask the app for its health"},
    {"app-health-check-path", "PATH", "/healthz", set_health_path, "What is asked for"},
    {"app-health-probe-interval", "SECONDS", "5", set_health_interval, "Time between two probes"},
    {"app-health-probe-timeout", "MILLISECONDS", "500", set_health_timeout,
     "Time for an answer; less than the interval"},
    {"app-health-threshold", "N", "3", set_health_threshold,
     "Failures after which the app counts as unhealthy"},
    {"disable-init-endpoints", "LIST", "", set_init_endpoints,
     "What the app is not asked for at the start: subscribe; config, which nobody is asked for"},
});

constexpr auto kApi = std::to_array<FlagRow>({
    {"dapr-http-port", "PORT", "3500", port<&Options::http_port>,
     "The HTTP API; 0 for any free port"},
    {"dapr-grpc-port", "PORT", "50001", port<&Options::grpc_port>,
     "The gRPC API; 0 for any free port"},
    {"dapr-listen-addresses", "LIST", "", set_listen_addresses,
     "Where the API listens; every interface with --app-id, 127.0.0.1 for a hub"},
    {"dapr-public-port", "PORT", "", optional_port<&Options::public_port>,
     "Health and metadata on a port of their own, without token"},
    {"dapr-public-listen-address", "HOST", "", text<&Options::public_listen_address>,
     "Where that port listens"},
    {"dapr-internal-grpc-port", "PORT", "", optional_port<&Options::internal_grpc_port>,
     "Where other hubs and daprds find and call this one's apps, without token"},
    {"dapr-internal-grpc-listen-address", "HOST", "", set_internal_address,
     "Where that port listens; every interface with --app-id, 127.0.0.1 for a hub"},
    {"unix-domain-socket", "DIR", "", text<&Options::unix_domain_socket>,
     "API sockets in this directory instead of TCP ports; needs --app-id"},
    {"max-body-size", "SIZE", "4Mi", set_max_body, "The longest body; 0 or less for any"},
    {"read-buffer-size", "SIZE", "4Ki", set_read_buffer, "The longest header block"},
    {"dapr-http-max-request-size", "MB", "4", whole_number<&Draft::request_size_mb>,
     "The longest body", "--max-body-size"},
    {"dapr-http-read-buffer-size", "KB", "4", set_read_buffer_kb, "The longest header block",
     "--read-buffer-size"},
    {"allowed-origins", "LIST", "", list<&Options::allowed_origins>,
     "Origins that browsers may call from; * for all"},
    {"enable-api-logging", "", "", set_api_logging,
     "Log each API call; overrides the Configuration"},
});

constexpr auto kFiles = std::to_array<FlagRow>({
    {"resources-path", "LIST", "", list<&Options::resources_paths>,
     "Directories or files with resources; a hub's default is /etc/edgelane"},
    {"components-path", "DIR", "", text<&Draft::components_path>, "Directory with resources",
     "--resources-path"},
    {"config", "LIST", "", list<&Options::config_files>,
     "Configuration files; later ones win field by field"},
    {"hot-reload-reconcile-interval", "DURATION", "0", set_reconcile,
     "Time between two looks at the resources, whose changes are noticed besides; 0 is 60s"},
    {"root", "DIR", "", text<&Draft::root>,
     "Everything in one directory: DIR/etc, DIR/data and DIR/run"},
    {"data-dir", "DIR", "", text<&Options::data_dir>,
     "What is kept; a hub's default is /var/lib/edgelane"},
    {"run-dir", "DIR", "", text<&Options::run_dir>,
     "The apps' sockets; a hub's default is /run/edgelane"},
});

constexpr auto kLog = std::to_array<FlagRow>({
    {"log-level", "NAME", "info", set_log_level, "debug, info, warn, error or fatal"},
    {"log-as-json", "", "false", set_log_format, "One JSON object for each line"},
    {"log-file", "FILE", "", text<&Options::log_file>, "Also append the log to this file"},
});

constexpr auto kMetrics = std::to_array<FlagRow>({
    {"enable-metrics", "", "true", boolean<&Options::metrics>, "Serve metrics for Prometheus"},
    {"metrics-port", "PORT", "9090", port<&Options::metrics_port>, "Where; 0 for any free port"},
    {"metrics-listen-address", "HOST", "", set_metrics_address,
     "Where that port listens; every interface with --app-id, 127.0.0.1 for a hub"},
});

constexpr auto kProcess = std::to_array<FlagRow>({
    {"dapr-graceful-shutdown-seconds", "SECONDS", "5", set_grace,
     "Time to finish in after a signal"},
    {"dapr-block-shutdown-duration", "DURATION", "", set_block,
     "Keep the API up for so long after a signal, or until the app is unhealthy"},
    {"wait", "", "false", action<Options::Action::kWait>,
     "Wait up to a minute for a daemon on --dapr-http-port, then exit"},
    {"version", "", "false", action<Options::Action::kVersion>, "Print the version and exit"},
    {"build-info", "", "false", action<Options::Action::kBuildInfo>,
     "Print how it was built and exit"},
    {"help", "", "false", action<Options::Action::kHelp>, "Print this text and exit"},
});

constexpr auto kNotYet = std::to_array<FlagRow>({
    {"app-binding-options-timeout", "DURATION", "3s", any_duration,
     "Time for the app to say which bindings it takes"},
    {"enable-profiling", "", "false", any_bool, "Serve profiles"},
    {"profile-port", "PORT", "7777", any_port, "The profiles' port"},
    {"enable-mtls", "", "false", any_bool, "TLS between daemons"},
    {"sentry-address", "HOST:PORT", "", any_text, "Dapr's certificate authority"},
    {"sentry-request-jwt-audiences", "LIST", "", any_text, "For tokens of it"},
    {"control-plane-address", "HOST:PORT", "", any_text, "Dapr's control plane"},
    {"control-plane-trust-domain", "NAME", "localhost", any_text, "Its trust domain"},
    {"control-plane-namespace", "NAME", "default", any_text, "Its namespace"},
    {"placement-host-address", "LIST", "", any_text, "Dapr's placement servers, for actors"},
    {"scheduler-host-address", "LIST", "", any_text, "Dapr's schedulers, for jobs"},
    {"scheduler-job-streams", "N", "3", any_number, "Connections to each scheduler"},
    {"actors-disseminate-timeout", "DURATION", "30s", any_duration, "For placement's tables"},
    {"disable-builtin-k8s-secret-store", "", "false", any_bool, "No secrets from Kubernetes"},
});

constexpr auto kNever = std::to_array<FlagRow>({
    {"reminders-service", "NAME", "", any_text, ""},
    {"actors-service", "NAME", "", any_text, ""},
});

constexpr auto kGroups = std::to_array<FlagGroup>({
    {"What it serves", FlagUse::kWorks, kServes},
    {"The app of --app-id", FlagUse::kOneApp, kApp},
    {"API", FlagUse::kWorks, kApi},
    {"Files", FlagUse::kWorks, kFiles},
    {"Log", FlagUse::kWorks, kLog},
    {"Metrics", FlagUse::kWorks, kMetrics},
    {"Process", FlagUse::kWorks, kProcess},
    {"Accepted as daprd's, not used yet", FlagUse::kNotYet, kNotYet},
    {"", FlagUse::kNever, kNever},
});

}  // namespace

std::span<const FlagGroup> flag_groups() {
  return kGroups;
}

std::optional<FlagMatch> find_flag(std::string_view name) {
  for (const FlagGroup& group : kGroups) {
    const auto row = std::ranges::find(group.rows, name, &FlagRow::name);
    if (row != group.rows.end()) return FlagMatch{&group, &*row};
  }
  return std::nullopt;
}

}  // namespace edge::daemon
