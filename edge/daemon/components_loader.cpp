#include "edge/daemon/components_loader.h"

#include <algorithm>
#include <list>

#include "edge/base/log.h"
#include "edge/base/strings.h"
#include "edge/daemon/resources/resolve.h"

namespace edge::daemon {
namespace {

bool known_version(const std::string& version) {
  return version.empty() || version == "v0" || version == "v1";
}

bool is_denied(const Configuration& configuration, const Component& component) {
  const auto& denied = configuration.denied_components;
  const bool found =
      std::any_of(denied.begin(), denied.end(), [&component](const std::string& entry) {
        return equals_ignoring_case(entry, component.type) ||
               equals_ignoring_case(entry, component.type + "/" + component.version);
      });
  if (found) {
    log::warn("dapr.runtime", "component type is denied by the configuration",
              {{"component", component.name}, {"type", component.type}});
  }
  return found;
}

Error no_store(const Component& component) {
  return failure(component, "INIT",
                 "it waits for the secret store " + component.secret_store +
                     ", which no component provides, or which itself waits for it");
}

}  // namespace

Task<Status> ComponentsLoader::load(Ctx ctx, Resources* resources) {
  std::list<Component*> waiting;
  for (Component& component : resources->components) {
    if (!is_denied(resources->configuration, component)) waiting.push_back(&component);
  }
  auto loaded = co_await load_all(ctx, std::move(waiting), Failing::kIsError);
  if (!loaded) co_return loaded;
  for (HttpEndpoint& endpoint : resources->http_endpoints) {
    auto filled =
        co_await to_.secrets.resolve(ctx, endpoint.secret_store, pending_secrets(endpoint));
    if (!filled) co_return filled;
  }
  for (App& app : resources->apps) {
    auto filled = co_await to_.secrets.resolve(ctx, app.secret_store, pending_secrets(app));
    if (!filled) co_return filled;
  }
  co_return Status();
}

Task<Status> ComponentsLoader::load_all(Ctx ctx, std::list<Component*> waiting, Failing failing) {
  while (!waiting.empty()) {
    const auto next = std::find_if(waiting.begin(), waiting.end(),
                                   [this](Component* component) { return is_ready(*component); });
    Component* component = next == waiting.end() ? waiting.front() : *next;
    Status loaded = no_store(*component);
    if (next != waiting.end()) loaded = co_await load_unless_ignored(ctx, component);
    waiting.remove(component);
    if (loaded) continue;
    if (failing == Failing::kIsError) co_return loaded;
    log::error("dapr.runtime", "a component failed and is left out",
               {{"component", component->name}, {"error", loaded.error().message}});
  }
  co_return Status();
}

Task<void> ComponentsLoader::add(Ctx ctx, std::vector<Component*> components,
                                 const Configuration* configuration) {
  std::list<Component*> waiting;
  for (Component* component : components) {
    if (!is_denied(*configuration, *component)) waiting.push_back(component);
  }
  auto loaded = co_await load_all(ctx, std::move(waiting), Failing::kIsLogged);
  static_cast<void>(loaded);  // each failure is logged
}

Task<void> ComponentsLoader::remove(const Component* component) {
  const ComponentKind* kind = find_kind(component->type);
  auto& shown = to_.services.components;
  const auto removed =
      std::erase_if(shown, [component](const auto& info) { return info.name == component->name; });
  // One that failed to load is not there.
  if (removed > 0 && kind != nullptr && kind->unload != nullptr) {
    co_await kind->unload(&to_, component->name);
  }
}

bool ComponentsLoader::is_ready(Component& component) const {
  return pending_secrets(component).empty() || to_.secrets.has(component.secret_store);
}

Task<Status> ComponentsLoader::load_unless_ignored(Ctx ctx, Component* component) {
  DeadlineScope limit(to_.loop, ctx, component->init_timeout);
  auto loaded = co_await load_one(limit.ctx(), component);
  if (loaded || !component->ignore_errors) co_return loaded;
  log::error("dapr.runtime", "ignoring a component that failed",
             {{"component", component->name}, {"error", loaded.error().message}});
  co_return Status();
}

Task<Status> ComponentsLoader::load_one(Ctx ctx, Component* component) {
  auto filled =
      co_await to_.secrets.resolve(ctx, component->secret_store, pending_secrets(*component));
  if (!filled) co_return filled;
  const ComponentKind* kind = find_kind(component->type);
  if (kind == nullptr || kind->load == nullptr || !known_version(component->version)) {
    co_return unknown_type(*component);
  }
  co_return co_await kind->load(ctx, &to_, component);
}

Task<Status> ComponentsLoader::load_defaults(Ctx ctx) {
  if (to_.data_dir.empty() || to_.services.state.has_stores()) co_return Status();
  Component component;
  component.name = "statestore";
  component.type = "state.sqlite";
  Value path;
  path.text = to_.data_dir + "/state.db";
  component.metadata.push_back({"connectionString", std::move(path)});
  co_return co_await load_one(ctx, &component);
}

}  // namespace edge::daemon
