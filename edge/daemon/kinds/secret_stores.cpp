#include "edge/daemon/kinds/kinds.h"

namespace edge::daemon {

Task<Status> load_secret_store(Ctx ctx, LoaderTargets* to, const Component* component) {
  auto store =
      co_await open_component<secrets::Store>(ctx, to, component, components::secret_store_types());
  if (!store) co_return store.error();
  to->secrets.add(component->name, std::move(*store));
  note_loaded(*to, describe(*component));
  co_return Status();
}

}  // namespace edge::daemon
