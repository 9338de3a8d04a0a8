// edgelane run: an app and a hub of its own, as "dapr run" does.
#include <array>
#include <climits>
#include <cstdlib>
#include <ctime>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/base/strings.h"
#include "edge/cli/commands.h"
#include "edge/cli/run/ports.h"
#include "edge/cli/run/supervisor.h"

namespace edge::cli {
namespace {

constexpr auto kOptions = std::to_array<OptionRow>({
    {"app-id", "ID", "", "The app's name; needed", 'a'},
    {"app-port", "PORT", "", "Where the app listens; without it the app is never called", 'p'},
    {"dapr-http-port", "PORT", "", "The hub's HTTP API; a free port where it is not given", 'H'},
    {"dapr-grpc-port", "PORT", "", "The hub's gRPC API; a free port where it is not given", 'G'},
});

// Given to edgelaned as they are.
constexpr auto kPassed = std::to_array<OptionRow>({
    {"resources-path", "DIR", "",
     "Directory or file with resources; ~/.edgelane/components where that exists", 'd'},
    {"config", "FILE", "", "Configuration file", 'c'},
    {"data-dir", "DIR", "",
     "What is kept; an app without components has the store \"statestore\" in it"},
    {"app-protocol", "NAME", "http", "http or https", 'P'},
    {"app-channel-address", "HOST", "127.0.0.1", "The host that the app runs on"},
    {"app-max-concurrency", "N", "-1", "Calls to the app at one time; 0 or less for any number"},
    {"enable-app-health-check", "", "", "Ask the app for its health"},
    {"app-health-check-path", "PATH", "/healthz", "What is asked for"},
    {"app-health-probe-interval", "SECONDS", "5", "Time between two probes"},
    {"app-health-probe-timeout", "MILLISECONDS", "500", "Time for an answer"},
    {"app-health-threshold", "N", "3", "Failures after which the app counts as unhealthy"},
    {"dapr-listen-addresses", "LIST", "127.0.0.1", "Where the API listens"},
    {"max-body-size", "SIZE", "4Mi", "The longest body"},
    {"read-buffer-size", "SIZE", "4Ki", "The longest header block"},
    {"enable-api-logging", "", "", "Log each API call"},
    {"metrics-port", "PORT", "", "The hub's metrics; a free port where it is not given"},
    {"log-level", "NAME", "info", "Of the hub: debug, info, warn, error or fatal"},
    {"log-as-json", "", "", "The hub's log as one JSON object for each line"},
});

constexpr std::string_view kNotes =
    "The app finds its hub by DAPR_HTTP_PORT and DAPR_GRPC_PORT, and is told APP_ID, APP_PORT,\n"
    "APP_PROTOCOL and APP_CHANNEL_ADDRESS. Its lines are shown after \"== APP ==\", the hub's "
    "after\n"
    "\"== HUB ==\". A signal ends the app and then the hub; one more, a second later, kills both.\n"
    "Where the hub ends first, the app is ended. The exit code is the app's.\n\n"
    "  edgelane run --app-id lamp --app-port 9001 --data-dir lamp-data -- ./lamp --bright";

constexpr std::string_view kLoopback = "127.0.0.1";

struct Ports {
  std::uint16_t http = 0;
  std::uint16_t grpc = 0;
  std::uint16_t app = 0;
};

// 0 where the option was not given.
Result<std::uint16_t> port_option(const Arguments& arguments, std::string_view name) {
  const std::string_view text = arguments.get(name);
  if (text.empty()) return std::uint16_t{0};
  const auto port = parse_unsigned(text);
  if (port && *port > 0 && *port <= UINT16_MAX) return static_cast<std::uint16_t>(*port);
  return Error{Code::kInvalidArgument,
               "--" + std::string(name) + ": expected a port, got \"" + std::string(text) + "\""};
}

Result<Ports> choose_ports(const Arguments& arguments) {
  const auto http = port_option(arguments, "dapr-http-port");
  if (!http) return http.error();
  const auto grpc = port_option(arguments, "dapr-grpc-port");
  if (!grpc) return grpc.error();
  const auto app = port_option(arguments, "app-port");
  if (!app) return app.error();
  const auto free = free_ports(2);
  if (!free) return free.error();
  return Ports{*http == 0 ? free->at(0) : *http, *grpc == 0 ? free->at(1) : *grpc, *app};
}

// edgelaned beside this program, else in PATH.
std::string daemon_path() {
  std::array<char, PATH_MAX> own{};
  const ssize_t length = ::readlink("/proc/self/exe", own.data(), own.size());
  if (length <= 0 || length == std::ssize(own)) return "edgelaned";
  std::string beside(own.data(), static_cast<std::size_t>(length));
  beside.replace(beside.rfind('/') + 1, std::string::npos, "edgelaned");
  return ::access(beside.c_str(), X_OK) == 0 ? beside : "edgelaned";
}

std::string default_resources() {
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') return "";
  std::string path = std::string(home) + "/.edgelane/components";
  struct stat found{};
  return ::stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode) ? path : "";
}

ChildPlan hub_plan(const Arguments& arguments, const Ports& ports) {
  ChildPlan plan;
  plan.prefix = "== HUB == ";
  auto& words = plan.command;
  const auto add = [&words](std::string_view name, std::string_view value) {
    words.push_back("--" + std::string(name) + "=" + std::string(value));
  };
  words.push_back(daemon_path());
  add("app-id", arguments.get("app-id"));
  add("dapr-http-port", std::to_string(ports.http));
  add("dapr-grpc-port", std::to_string(ports.grpc));
  if (ports.app != 0) add("app-port", std::to_string(ports.app));
  for (const OptionRow& option : kPassed) {
    for (const std::string& value : arguments.all(option.name)) add(option.name, value);
  }
  if (!arguments.has("dapr-listen-addresses")) add("dapr-listen-addresses", kLoopback);
  if (!arguments.has("metrics-port")) add("metrics-port", "0");
  add("metrics-listen-address", kLoopback);
  const std::string resources = default_resources();
  if (!arguments.has("resources-path") && !resources.empty()) add("resources-path", resources);
  return plan;
}

ChildPlan app_plan(const Arguments& arguments, const Ports& ports) {
  ChildPlan plan;
  plan.prefix = "== APP == ";
  plan.command = arguments.operands();
  // A terminal would stop a program of another process group that reads from it.
  plan.input = ::isatty(STDIN_FILENO) == 1 ? ChildInput::kNothing : ChildInput::kOurs;
  plan.environment = {{"APP_ID", std::string(arguments.get("app-id"))},
                      {"APP_PROTOCOL", std::string(arguments.get("app-protocol"))},
                      {"APP_CHANNEL_ADDRESS", std::string(arguments.get("app-channel-address"))},
                      {"DAPR_HTTP_PORT", std::to_string(ports.http)},
                      {"DAPR_GRPC_PORT", std::to_string(ports.grpc)}};
  if (ports.app != 0) plan.environment.emplace_back("APP_PORT", std::to_string(ports.app));
  return plan;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

Result<int> run(const Arguments& arguments) {
  if (arguments.get("app-id").empty()) {
    return Error{Code::kInvalidArgument,
                 "--app-id is missing: give the app a name, as in edgelane run --app-id lamp "
                 "--app-port 9001 -- ./lamp"};
  }
  const auto ports = choose_ports(arguments);
  if (!ports) return ports.error();
  RunPlan plan{hub_plan(arguments, *ports), app_plan(arguments, *ports), {}, {}};
  plan.instance.app_id = arguments.get("app-id");
  plan.instance.http_port = ports->http;
  plan.instance.grpc_port = ports->grpc;
  plan.instance.app_port = ports->app;
  plan.instance.started = std::time(nullptr);
  plan.instance.command = joined(plan.app.command);
  plan.greeting = plan.instance.app_id +
                  " runs; its hub is http://127.0.0.1:" + std::to_string(ports->http) +
                  "; Ctrl-C ends both";
  auto code = Supervisor(std::move(plan)).run();
  if (!code && code.error().code == Code::kNotFound) {
    return Error{Code::kFailedPrecondition,
                 "edgelaned is neither beside edgelane nor in PATH; install it, or build it with "
                 "./dev build"};
  }
  return code;
}

}  // namespace

Command run_command() {
  return {.name = "run",
          .operands = "-- COMMAND [ARGUMENT...]",
          .summary = "Start an app with a hub of its own, as \"dapr run\" does",
          .options = {kOptions, kPassed},
          .fewest = 1,
          .most = SIZE_MAX,
          .kind = Command::Operands::kCommand,
          .notes = kNotes,
          .run = run};
}

}  // namespace edge::cli
