// edgelane status: one hub at a glance.
#include "edge/cli/commands.h"
#include "edge/cli/hub_status.h"
#include "edge/cli/output.h"

namespace edge::cli {
namespace {

std::string apps_text(const HubStatus& status) {
  if (status.apps.empty()) return "No apps: put App resources into its directory and restart it.\n";
  std::vector<std::vector<std::string>> rows = {{"APP ID", "ADDRESS", "STATE", "LANE", "CALLS"}};
  for (const HubApp& app : status.apps) {
    const bool is_default = app.id == status.default_app;
    const std::string calls =
        app.max_concurrency == 0 ? "any" : "at most " + std::to_string(app.max_concurrency);
    rows.push_back({app.id + (is_default ? " (default)" : ""), app.place(), app.state(), app.lane,
                    app.address.empty() ? "-" : calls});
  }
  return table_text(rows);
}

std::string components_text(const HubStatus& status) {
  if (status.components.empty()) return "No components.\n";
  std::vector<std::vector<std::string>> rows = {{"COMPONENT", "TYPE"}};
  for (const HubComponent& component : status.components) {
    rows.push_back({component.name, component.type + "/" + component.version});
  }
  return table_text(rows);
}

Result<int> run(const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return format.error();
  const auto timeout = timeout_of(arguments);
  if (!timeout) return timeout.error();
  const auto hub = find_hub(arguments);
  if (!hub) return hub.error();
  const auto status = fetch_status(*hub, *timeout);
  if (!status) return status.error();
  if (*format == OutputFormat::kJson) {
    print_line(status->text);
    return 0;
  }
  print("Hub " + hub->address.text() + ", edgelane " + status->version + " (speaks Dapr " +
        status->dapr_version + "), up " + short_age(status->uptime) + "\n\n");
  print(apps_text(*status) + "\n" + components_text(*status));
  return 0;
}

}  // namespace

Command status_command() {
  return {.name = "status",
          .operands = "",
          .summary = "Show a hub: its apps and components",
          .options = {hub_options(), output_options()},
          .run = run};
}

}  // namespace edge::cli
