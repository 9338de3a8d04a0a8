#include "edge/daemon/load.h"

#include "edge/daemon/host.h"
#include "edge/daemon/resources/resolve.h"
#include "edge/daemon/resources/source.h"

namespace edge::daemon {
namespace {

// What only this machine can tell.
Status check_users(const std::vector<App>& apps) {
  Problems problems;
  for (const App& app : apps) {
    const AppSocket& socket = app.socket;
    const auto owner = socket.owner.empty() ? Result<uid_t>(0) : find_user(socket.owner);
    const auto group = socket.group.empty() ? Result<gid_t>(0) : find_group(socket.group);
    if (!owner) problems.add(socket.owner_source, "spec.socket.owner", owner.error().message);
    if (!group) problems.add(socket.group_source, "spec.socket.group", group.error().message);
  }
  return problems.status();
}

}  // namespace

Result<Resources> load_everything(const Options& options) {
  auto resources = load_resources(load_request(options, process_environment));
  if (!resources) return resources.error();
  if (!options.is_hub()) {
    // Kind App belongs to a hub; a daprd command line has its one app.
    resources->apps.clear();
    resources->apps.push_back(command_line_app(options, process_environment));
  }
  if (auto resolved = resolve_env(*resources, process_environment); !resolved) {
    return resolved.error();
  }
  if (options.is_hub() && !options.run_dir.empty()) {
    if (auto known = check_users(resources->apps); !known) return std::move(known).error();
  }
  return resources;
}

std::vector<std::string> resource_paths(const Options& options) {
  std::vector<std::string> paths = options.resources_paths;
  paths.insert(paths.end(), options.config_files.begin(), options.config_files.end());
  return paths;
}

}  // namespace edge::daemon
