// From Component resources to open stores. Source: wire reference §13.4, §14.1.
#pragma once

#include <list>
#include <utility>
#include <vector>

#include "edge/daemon/kinds/kinds.h"
#include "edge/daemon/resources/resources.h"

namespace edge::daemon {

// A store that a hub has without any resource.
struct DefaultStore {
  const char* name;
  const char* type;
  const char* file;  // in the data directory
};

class ComponentsLoader {
 public:
  explicit ComponentsLoader(LoaderTargets targets) : to_(std::move(targets)) {}

  // Opens every component, in the order of the files but for those that wait for a secret store,
  // and fills in the secrets that other resources refer to. A component that fails ends this,
  // unless it says ignoreErrors. Errors: daprd's text, with the resource's file and line.
  Task<Status> load(Ctx ctx, Resources* resources);

  // While the hub runs: opens components; one that fails is logged and left out.
  Task<void> add(Ctx ctx, std::vector<Component*> components, const Configuration* configuration);
  // Closes a component when those who use it have finished.
  Task<void> remove(const Component* component);

  // Opens the stores that a hub has without any resource, in its data directory: "statestore",
  // "pubsub" and "configstore", each where no other of its kind is there.
  Task<Status> load_defaults(Ctx ctx);

 private:
  // Each in the order in which its secret stores come up. Stops at the first that fails where
  // failing is an error.
  enum class Failing : std::uint8_t { kIsError, kIsLogged };
  Task<Status> load_all(Ctx ctx, std::list<Component*> waiting, Failing failing);
  Task<Status> load_default(Ctx ctx, DefaultStore store);
  Task<void> load_default_secret_store(Ctx ctx, const Resources* resources);
  Status not_ready(const Component& component, const std::list<Component*>& waiting);
  Status judge(const Component& component, Status loaded);
  [[nodiscard]] bool is_ready(Component& component) const;
  Task<Status> load_unless_ignored(Ctx ctx, Component* component);
  Task<Status> load_one(Ctx ctx, Component* component);
  void count(const Component& component, const Status& loaded) const;

  LoaderTargets to_;
};

}  // namespace edge::daemon
