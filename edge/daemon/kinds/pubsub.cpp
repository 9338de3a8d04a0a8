#include <algorithm>

#include "edge/daemon/kinds/kinds.h"

namespace edge::daemon {
namespace {

std::vector<std::string> capabilities(const pubsub::Bus& bus) {
  std::vector<std::string> shown;
  for (const auto feature : bus.features()) {
    shown.emplace_back(feature == pubsub::Feature::kMessageTtl ? "MESSAGE_TTL"
                                                               : "SUBSCRIBE_WILDCARDS");
  }
  return shown;
}

// Topics carry the namespace where any field asks for it. Source: wire reference §3.13.
bool names_namespace(const components::Metadata& metadata) {
  return std::any_of(metadata.begin(), metadata.end(), [](const auto& field) {
    return field.second.find("{namespace}") != std::string::npos;
  });
}

}  // namespace

Task<Status> load_pubsub(Ctx ctx, LoaderTargets* to, const Component* component) {
  auto bus = co_await open_component<pubsub::Bus>(ctx, to, component, components::pubsub_types());
  if (!bus) co_return bus.error();
  const components::Context context = context_for(*to, *component);
  api::ComponentInfo info = describe(*component);
  info.capabilities = capabilities(**bus);
  to->services.pubsub.add({.name = component->name,
                           .bus = std::move(*bus),
                           .topics = blocks::TopicScopes::parse(context.metadata),
                           .scopes = component->scopes,
                           .namespaced = names_namespace(context.metadata)});
  note_loaded(*to, std::move(info));
  co_return Status();
}

Task<void> unload_pubsub(LoaderTargets* to, std::string name) {
  return to->services.pubsub.remove(std::move(name));
}

}  // namespace edge::daemon
