#include "edge/daemon/kinds/kinds.h"

namespace edge::daemon {

Task<Status> load_configuration(Ctx ctx, LoaderTargets* to, const Component* component) {
  auto store = co_await open_component<configuration::Store>(ctx, to, component,
                                                             components::configuration_types());
  if (!store) co_return store.error();
  to->services.configuration.add({component->name, std::move(*store), component->scopes});
  note_loaded(*to, describe(*component));
  co_return Status();
}

Task<void> unload_configuration(LoaderTargets* to, std::string name) {
  return to->services.configuration.remove_store(std::move(name));
}

}  // namespace edge::daemon
