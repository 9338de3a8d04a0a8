#include "edge/daemon/components_loader.h"

#include <algorithm>
#include <array>

#include "edge/base/log.h"
#include "edge/base/strings.h"

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

Task<Status> ComponentsLoader::load(Ctx ctx, const Resources* resources) {
  for (const Component& component : resources->components) {
    Status loaded;
    if (is_denied(resources->configuration, component)) {
      log::warn("dapr.runtime", "component type is denied by the configuration",
                {{"component", component.name}, {"type", component.type}});
      continue;
    }
    loaded = co_await load_one(ctx, &component);
    if (loaded) continue;
    if (!component.ignore_errors) co_return loaded;
    log::error("dapr.runtime", "ignoring a component that failed",
               {{"component", component.name}, {"error", loaded.error().message}});
  }
  co_return Status();
}

Task<Status> ComponentsLoader::load_one(Ctx ctx, const Component* component) {
  DeadlineScope limit(loop_, ctx, component->init_timeout);
  if (to_lower(component->type).starts_with("state.")) {
    co_return co_await load_state(limit.ctx(), component);
  }
  co_return unknown_type(*component);
}

Task<Status> ComponentsLoader::load_state(Ctx ctx, const Component* component) {
  const auto* type = components::find_type(components::state_types(), component->type);
  if (type == nullptr || !known_version(component->version)) co_return unknown_type(*component);
  components::Context context{component->name, {}, loop_, files_, data_dir_};
  for (auto& [name, value] : properties(*component)) context.metadata[name] = value;
  const components::FieldInfo prefix_field{.name = "keyPrefix"};
  const auto prefix_text = components::find_field(prefix_field, context.metadata);
  const std::string prefix_value = prefix_text ? std::string(prefix_text->value_or("")) : "";
  auto prefix = blocks::KeyPrefix::parse(prefix_value, component->name);
  if (!prefix) co_return failure(*component, "INIT", prefix.error().message);
  auto store = type->make(std::move(context));
  auto opened = co_await store->init(ctx);
  if (!opened) co_return failure(*component, "INIT", opened.error().message);
  services_.components.push_back(describe(*component, *store));
  services_.state.add({component->name, std::move(store), *prefix, component->scopes});
  log::info("dapr.runtime", "Component loaded: " + title(*component));
  co_return Status();
}

Task<Status> ComponentsLoader::load_defaults(Ctx ctx) {
  if (data_dir_.empty() || !services_.state.stores().empty()) co_return Status();
  Component component;
  component.name = "statestore";
  component.type = "state.sqlite";
  Value path;
  path.text = data_dir_ + "/state.db";
  component.metadata.push_back({"connectionString", std::move(path)});
  co_return co_await load_one(ctx, &component);
}

}  // namespace edge::daemon
