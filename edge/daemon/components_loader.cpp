#include "edge/daemon/components_loader.h"

#include <algorithm>
#include <list>

#include "edge/base/log.h"
#include "edge/base/strings.h"
#include "edge/daemon/resources/resolve.h"
#include "edge/daemon/resources/secret_order.h"

namespace edge::daemon {
namespace {

constexpr const char* kSecretStore = "secretstore";  // a hub's own
constexpr DefaultStore kDefaultSecrets{kSecretStore, "secretstores.sqlite", "/hub.db"};
constexpr DefaultStore kDefaultState{"statestore", "state.sqlite", "/state.db"};
constexpr DefaultStore kDefaultPubsub{"pubsub", "pubsub.sqlite", "/queue.db"};
constexpr DefaultStore kDefaultConfiguration{"configstore", "configuration.sqlite", "/hub.db"};

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

bool is_secret_store(const Component& component) {
  return starts_with_ignoring_case(component.type, "secretstores.");
}

}  // namespace

Task<Status> ComponentsLoader::load(Ctx ctx, Resources* resources) {
  co_await load_default_secret_store(ctx, resources);
  std::list<Component*> waiting;
  for (Component& component : resources->components) {
    if (!is_denied(resources->configuration, component)) {
      waiting.push_back(&component);
    } else if (is_secret_store(component)) {
      to_.secrets.note_failed(component.name, "the configuration denies its type");
    }
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
  for (Peer& peer : resources->peers) {
    auto filled = co_await to_.secrets.resolve(ctx, peer.secret_store, pending_secrets(peer));
    if (!filled) co_return filled;
  }
  co_return Status();
}

Task<Status> ComponentsLoader::load_all(Ctx ctx, std::list<Component*> waiting, Failing failing) {
  while (!waiting.empty()) {
    const auto next = std::find_if(waiting.begin(), waiting.end(),
                                   [this](Component* component) { return is_ready(*component); });
    Component* component = next == waiting.end() ? waiting.front() : *next;
    Status loaded;
    if (next != waiting.end()) {
      loaded = co_await load_unless_ignored(ctx, component);
    } else {
      loaded = not_ready(*component, waiting);
    }
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

// Before the others, as they may refer to it. That it fails is for those to say who do.
Task<void> ComponentsLoader::load_default_secret_store(Ctx ctx, const Resources* resources) {
  if (to_.data_dir.empty()) co_return;
  for (const Component& component : resources->components) {
    if (is_secret_store(component) || component.name == kSecretStore) co_return;
  }
  auto loaded = co_await load_default(ctx, kDefaultSecrets);
  if (loaded) co_return;
  to_.secrets.note_failed(kSecretStore, loaded.error().message);
  log::error("dapr.runtime", "the hub goes on without its own secret store",
             {{"error", loaded.error().message}});
}

// Why none of those that wait can be opened.
Status ComponentsLoader::not_ready(const Component& component,
                                   const std::list<Component*>& waiting) {
  const std::vector<Component*> all(waiting.begin(), waiting.end());
  Status outcome = failure(component, "INIT", why_waiting(component, all, to_.secrets.failures()));
  return judge(component, std::move(outcome));
}

// What failed is kept for those who refer to it, and is no error where the component says so.
Status ComponentsLoader::judge(const Component& component, Status loaded) {
  if (loaded) return loaded;
  if (is_secret_store(component)) to_.secrets.note_failed(component.name, loaded.error().message);
  if (!component.ignore_errors) return loaded;
  log::error("dapr.runtime", "ignoring a component that failed",
             {{"component", component.name}, {"error", loaded.error().message}});
  return {};
}

bool ComponentsLoader::is_ready(Component& component) const {
  return pending_secrets(component).empty() || to_.secrets.has(component.secret_store);
}

Task<Status> ComponentsLoader::load_unless_ignored(Ctx ctx, Component* component) {
  DeadlineScope limit(to_.loop, ctx, component->init_timeout);
  auto loaded = co_await load_one(limit.ctx(), component);
  count(*component, loaded);
  co_return judge(*component, std::move(loaded));
}

void ComponentsLoader::count(const Component& component, const Status& loaded) const {
  if (to_.services.metrics == nullptr) return;
  observe::RuntimeMetrics& counted = to_.services.metrics->runtime;
  const std::string& app = to_.app_id;
  counted.loaded.with({app}).add();
  if (loaded) {
    counted.init.with({app, component.type}).add();
    return;
  }
  const bool unknown =
      loaded.error().message.find("[CREATE_COMPONENT_FAILURE]") != std::string::npos;
  const std::string_view reason = unknown ? "creation" : "init";
  counted.init_failed.with({app, component.type, reason, component.name}).add();
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
  if (to_.data_dir.empty()) co_return Status();
  if (!to_.services.state.has_stores()) {
    auto loaded = co_await load_default(ctx, kDefaultState);
    if (!loaded) co_return loaded;
  }
  if (to_.services.pubsub.empty()) {
    auto loaded = co_await load_default(ctx, kDefaultPubsub);
    if (!loaded) co_return loaded;
  }
  if (!to_.services.configuration.has_stores()) {
    co_return co_await load_default(ctx, kDefaultConfiguration);
  }
  co_return Status();
}

Task<Status> ComponentsLoader::load_default(Ctx ctx, DefaultStore store) {
  Component component;
  component.name = store.name;
  component.type = store.type;
  Value path;
  path.text = to_.data_dir + store.file;
  component.metadata.push_back({"connectionString", std::move(path)});
  co_return co_await load_one(ctx, &component);
}

}  // namespace edge::daemon
