#include "components/secretstores/changes.h"
#include "edge/daemon/kinds/kinds.h"

namespace edge::daemon {
namespace {

bool is_multi_valued(const secrets::Store& store) {
  for (const auto feature : store.features()) {
    if (feature == secrets::Feature::kMultiValued) return true;
  }
  return false;
}

// Apps are told of what changes elsewhere, where the resource says on which topic.
void have_told(SecretNews& news, const std::string& name, secrets::Store& store) {
  auto* changing = dynamic_cast<secrets::ChangingStore*>(&store);
  const auto at = changing == nullptr ? std::nullopt : changing->changes_topic();
  if (!at) return;
  changing->on_change([&news, name, at = *at](secrets::SecretChange change) {
    news.tell({name, at, std::move(change)});
  });
}

}  // namespace

Task<Status> load_secret_store(Ctx ctx, LoaderTargets* to, const Component* component) {
  if (to->services.secrets.find(component->name)) {
    co_return failure(*component, "INIT",
                      "a secret store of this name is open already; restart the hub to replace it");
  }
  auto store =
      co_await open_component<secrets::Store>(ctx, to, component, components::secret_store_types());
  if (!store) co_return store.error();
  api::ComponentInfo info = describe(*component);
  if (is_multi_valued(**store)) info.capabilities.emplace_back("MULTIPLE_KEY_VALUES_PER_SECRET");
  have_told(to->news, component->name, **store);
  to->services.secrets.add({component->name, std::move(*store), component->scopes});
  note_loaded(*to, std::move(info));
  co_return Status();
}

Task<void> unload_secret_store(LoaderTargets* to, std::string name) {
  co_await to->services.secrets.remove_store(&to->loop, std::move(name));
}

}  // namespace edge::daemon
