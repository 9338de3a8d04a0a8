#include "edge/daemon/kinds/kinds.h"

namespace edge::daemon {
namespace {

std::string_view capability(state::Feature feature) {
  switch (feature) {
    case state::Feature::kEtag:
      return "ETAG";
    case state::Feature::kTransactional:
      return "TRANSACTIONAL";
    case state::Feature::kTtl:
      return "TTL";
    case state::Feature::kDeleteWithPrefix:
      return "DELETE_WITH_PREFIX";
    case state::Feature::kKeysLike:
      return "KEYS_LIKE";
    case state::Feature::kQuery:
      return "QUERY_API";
  }
  return "";
}

std::vector<std::string> capabilities(const state::Store& store) {
  std::vector<std::string> shown;
  bool etag = false;
  bool transactional = false;
  for (const auto feature : store.features()) {
    shown.emplace_back(capability(feature));
    etag = etag || feature == state::Feature::kEtag;
    transactional = transactional || feature == state::Feature::kTransactional;
  }
  if (etag && transactional) shown.emplace_back("ACTOR");
  return shown;
}

}  // namespace

Task<Status> load_state(Ctx ctx, LoaderTargets* to, const Component* component) {
  const components::Context context = context_for(*to, *component);
  const components::FieldInfo prefix_field{.name = "keyPrefix"};
  const auto prefix_text = components::find_field(prefix_field, context.metadata);
  const std::string prefix_value = prefix_text ? std::string(prefix_text->value_or("")) : "";
  auto prefix = blocks::KeyPrefix::parse(prefix_value, component->name);
  if (!prefix) co_return failure(*component, "INIT", prefix.error().message);
  auto store = co_await open_component<state::Store>(ctx, to, component, components::state_types());
  if (!store) co_return store.error();
  api::ComponentInfo info = describe(*component);
  info.capabilities = capabilities(**store);
  to->services.state.add({component->name, std::move(*store), *prefix, component->scopes});
  note_loaded(*to, std::move(info));
  co_return Status();
}

Task<void> unload_state(LoaderTargets* to, std::string name) {
  return to->services.state.remove_store(&to->loop, std::move(name));
}

}  // namespace edge::daemon
