#include "edge/daemon/components_loader.h"

#include <algorithm>
#include <array>
#include <list>

#include "edge/base/log.h"
#include "edge/base/strings.h"
#include "edge/daemon/resources/resolve.h"

namespace edge::daemon {
namespace {

struct Category {
  std::string_view prefix;  // of the type
  std::string_view words;   // daprd's in its errors
};

// What daprd calls the kinds in "couldn't find <words> <type>".
constexpr std::array kCategories = {
    Category{"state.", "state store"},
    Category{"pubsub.", "message bus"},
    Category{"secretstores.", "secret store"},
    Category{"configuration.", "configuration store"},
    Category{"lock.", "lock store"},
    Category{"bindings.", "binding"},
    Category{"crypto.", "crypto provider"},
    Category{"nameresolution.", "name resolver"},
    Category{"middleware.http.", "HTTP middleware"},
    Category{"conversation.", "conversation component"},
};

std::string title(const Component& component) {
  const std::string version = component.version.empty() ? "v1" : component.version;
  return component.name + " (" + component.type + "/" + version + ")";
}

Error failure(const Component& component, std::string_view stage, std::string_view what) {
  const std::string place = component.source.file.empty() ? "" : to_text(component.source) + ": ";
  return {Code::kFailedPrecondition, place + "[" + std::string(stage) +
                                         "_COMPONENT_FAILURE]: initialization error occurred for " +
                                         title(component) + ": " + std::string(what)};
}

Error unknown_type(const Component& component) {
  const std::string type = to_lower(component.type);
  std::string_view words = "component";
  for (const Category& category : kCategories) {
    if (type.starts_with(category.prefix)) words = category.words;
  }
  const std::string version = component.version.empty() ? "v1" : component.version;
  return failure(component, "CREATE",
                 "couldn't find " + std::string(words) + " " + component.type + "/" + version +
                     "; the types that this build has are in docs/components.md");
}

bool known_version(const std::string& version) {
  return version.empty() || version == "v0" || version == "v1";
}

bool is_denied(const Configuration& configuration, const Component& component) {
  const auto& denied = configuration.denied_components;
  return std::any_of(denied.begin(), denied.end(), [&component](const std::string& entry) {
    return equals_ignoring_case(entry, component.type) ||
           equals_ignoring_case(entry, component.type + "/" + component.version);
  });
}

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

api::ComponentInfo describe(const Component& component, const state::Store& store) {
  api::ComponentInfo info{component.name, component.type, component.version, {}, component.scopes};
  if (info.version.empty()) info.version = "v1";
  bool etag = false;
  bool transactional = false;
  for (const auto feature : store.features()) {
    info.capabilities.emplace_back(capability(feature));
    etag = etag || feature == state::Feature::kEtag;
    transactional = transactional || feature == state::Feature::kTransactional;
  }
  if (etag && transactional) info.capabilities.emplace_back("ACTOR");
  return info;
}

}  // namespace

Task<Status> ComponentsLoader::load(Ctx ctx, Resources* resources) {
  auto loaded = co_await load_components(ctx, resources);
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

Task<Status> ComponentsLoader::load_components(Ctx ctx, Resources* resources) {
  std::list<Component*> waiting;
  for (Component& component : resources->components) {
    if (is_denied(resources->configuration, component)) {
      log::warn("dapr.runtime", "component type is denied by the configuration",
                {{"component", component.name}, {"type", component.type}});
    } else {
      waiting.push_back(&component);
    }
  }
  while (!waiting.empty()) {
    const auto next = std::find_if(waiting.begin(), waiting.end(),
                                   [this](Component* component) { return is_ready(*component); });
    Component* component = next == waiting.end() ? waiting.front() : *next;
    if (next == waiting.end()) {
      co_return failure(*component, "INIT",
                        "it waits for the secret store " + component->secret_store +
                            ", which no component provides, or which itself waits for it");
    }
    waiting.erase(next);
    auto loaded = co_await load_unless_ignored(ctx, component);
    if (!loaded) co_return loaded;
  }
  co_return Status();
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
  const std::string type = to_lower(component->type);
  if (known_version(component->version)) {
    if (type.starts_with("state.")) co_return co_await load_state(ctx, component);
    if (type.starts_with("secretstores.")) co_return co_await load_secret_store(ctx, component);
  }
  co_return unknown_type(*component);
}

components::Context ComponentsLoader::context_for(const Component& component) const {
  components::Context context{component.name, {}, to_.loop, to_.files, to_.data_dir};
  for (auto& [name, value] : properties(component)) context.metadata[name] = value;
  return context;
}

Task<Status> ComponentsLoader::load_state(Ctx ctx, const Component* component) {
  const auto* type = components::find_type(components::state_types(), component->type);
  if (type == nullptr) co_return unknown_type(*component);
  const components::Context context = context_for(*component);
  const components::FieldInfo prefix_field{.name = "keyPrefix"};
  const auto prefix_text = components::find_field(prefix_field, context.metadata);
  const std::string prefix_value = prefix_text ? std::string(prefix_text->value_or("")) : "";
  auto prefix = blocks::KeyPrefix::parse(prefix_value, component->name);
  if (!prefix) co_return failure(*component, "INIT", prefix.error().message);
  auto store = type->make(context);
  auto opened = co_await store->init(ctx);
  if (!opened) co_return failure(*component, "INIT", opened.error().message);
  to_.services.components.push_back(describe(*component, *store));
  to_.services.state.add({component->name, std::move(store), *prefix, component->scopes});
  log::info("dapr.runtime", "Component loaded: " + title(*component));
  co_return Status();
}

Task<Status> ComponentsLoader::load_secret_store(Ctx ctx, const Component* component) {
  const auto* type = components::find_type(components::secret_store_types(), component->type);
  if (type == nullptr) co_return unknown_type(*component);
  auto store = type->make(context_for(*component));
  auto opened = co_await store->init(ctx);
  if (!opened) co_return failure(*component, "INIT", opened.error().message);
  to_.secrets.add(component->name, std::move(store));
  to_.services.components.push_back({component->name,
                                     component->type,
                                     component->version.empty() ? "v1" : component->version,
                                     {},
                                     component->scopes});
  log::info("dapr.runtime", "Component loaded: " + title(*component));
  co_return Status();
}

Task<Status> ComponentsLoader::load_defaults(Ctx ctx) {
  if (to_.data_dir.empty() || !to_.services.state.stores().empty()) co_return Status();
  Component component;
  component.name = "statestore";
  component.type = "state.sqlite";
  Value path;
  path.text = to_.data_dir + "/state.db";
  component.metadata.push_back({"connectionString", std::move(path)});
  co_return co_await load_one(ctx, &component);
}

}  // namespace edge::daemon
