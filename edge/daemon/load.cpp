#include "edge/daemon/load.h"

#include "edge/daemon/resources/resolve.h"

namespace edge::daemon {

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
  return resources;
}

std::vector<std::string> resource_paths(const Options& options) {
  std::vector<std::string> paths = options.resources_paths;
  paths.insert(paths.end(), options.config_files.begin(), options.config_files.end());
  return paths;
}

}  // namespace edge::daemon
