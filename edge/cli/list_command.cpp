// edgelane list: the apps of the hubs that run here.
#include <algorithm>
#include <chrono>
#include <ctime>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/cli/commands.h"
#include "edge/cli/hub_status.h"
#include "edge/cli/output.h"
#include "edge/cli/registry.h"

namespace edge::cli {
namespace {

// An instance's hub that does not answer at once is shown without its state.
constexpr Duration kPatience = std::chrono::seconds(2);

struct Listed {
  HubApp app;
  std::string hub;  // where the API is
  std::chrono::seconds age{};
  const Instance* instance = nullptr;  // null for an app of a hub
};

Address address_of(const Instance& instance) {
  return {"127.0.0.1", instance.http_port, ""};
}

Listed listed(const Instance& instance) {
  Listed out;
  out.app.id = instance.app_id;
  out.app.lane = "base";
  out.hub = address_of(instance).text();
  out.age = std::chrono::seconds(std::time(nullptr) - instance.started);
  out.instance = &instance;
  if (instance.app_port != 0) {
    out.app.address = "127.0.0.1";
    out.app.port = instance.app_port;
  }
  HubAddress hub;
  hub.address = address_of(instance);
  const char* token = std::getenv("DAPR_API_TOKEN");
  hub.token = token == nullptr ? "" : token;
  const auto status = fetch_status(hub, kPatience);
  if (status && !status->apps.empty()) out.app = status->apps.front();
  return out;
}

bool is_known(const std::vector<Instance>& instances, const Address& address) {
  return std::ranges::any_of(
      instances, [&address](const Instance& instance) { return address_of(instance) == address; });
}

// Adds the apps of the hub that the options, the environment or the default name.
Status add_hub(const Arguments& arguments, const std::vector<Instance>& instances,
               std::vector<Listed>& out) {
  const auto timeout = timeout_of(arguments);
  if (!timeout) return timeout.error();
  const auto hub = find_hub(arguments);
  if (!hub) return hub.error();
  if (is_known(instances, hub->address)) return {};
  const auto status = fetch_status(*hub, hub->is_chosen ? *timeout : kPatience);
  if (!status && hub->is_chosen) return status.error();
  if (!status) return {};
  for (const HubApp& app : status->apps) {
    out.push_back({app, hub->address.text(), status->uptime, nullptr});
  }
  return {};
}

std::string shown_state(const Listed& listed) {
  return listed.app.health.empty() ? "unknown" : listed.app.state();
}

std::string as_text(const std::vector<Listed>& all) {
  if (all.empty()) return "No apps. Start one with edgelane run, or a hub with edgelaned.\n";
  std::vector<std::vector<std::string>> rows = {
      {"APP ID", "HUB", "ADDRESS", "STATE", "LANE", "AGE", "PID", "COMMAND"}};
  for (const Listed& one : all) {
    rows.push_back({one.app.id, one.hub, one.app.place(), shown_state(one), one.app.lane,
                    short_age(one.age),
                    one.instance == nullptr ? "-" : std::to_string(one.instance->app_pid),
                    one.instance == nullptr ? "-" : one.instance->command});
  }
  return table_text(rows);
}

std::string as_json(const std::vector<Listed>& all) {
  auto out = nlohmann::ordered_json::array();
  for (const Listed& one : all) {
    nlohmann::ordered_json app = {{"appId", one.app.id},           {"hub", one.hub},
                                  {"appAddress", one.app.place()}, {"state", shown_state(one)},
                                  {"lane", one.app.lane},          {"ageSeconds", one.age.count()}};
    if (one.instance != nullptr) {
      app["httpPort"] = one.instance->http_port;
      app["grpcPort"] = one.instance->grpc_port;
      app["appPort"] = one.instance->app_port;
      app["appPid"] = one.instance->app_pid;
      app["hubPid"] = one.instance->hub_pid;
      app["cliPid"] = one.instance->cli_pid;
      app["command"] = one.instance->command;
    }
    out.push_back(std::move(app));
  }
  return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<int> run(const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return format.error();
  const std::vector<Instance> instances = running_instances();
  std::vector<Listed> all;
  all.reserve(instances.size());
  for (const Instance& instance : instances) all.push_back(listed(instance));
  if (auto added = add_hub(arguments, instances, all); !added) return added.error();
  print(*format == OutputFormat::kJson ? as_json(all) : as_text(all));
  return 0;
}

}  // namespace

Command list_command() {
  return {.name = "list",
          .operands = "",
          .summary = "List the apps of running hubs",
          .options = {hub_options(), output_options()},
          .notes =
              "These are the apps that you started with \"edgelane run\", and those of the hub "
              "at --address,\n--socket, EDGELANE_HTTP, DAPR_HTTP_PORT or 127.0.0.1:3500.",
          .run = run};
}

}  // namespace edge::cli
