#include "edge/daemon/kinds/kinds.h"

#include <array>

#include "edge/base/log.h"
#include "edge/base/strings.h"

namespace edge::daemon {
namespace {

constexpr std::array kKinds = {
    ComponentKind{"state.", "state store", load_state, unload_state},
    ComponentKind{"pubsub.", "message bus", load_pubsub, unload_pubsub},
    ComponentKind{"secretstores.", "secret store", load_secret_store, unload_secret_store},
    ComponentKind{"configuration.", "configuration store", load_configuration,
                  unload_configuration},
    ComponentKind{"lock.", "lock store", nullptr},
    ComponentKind{"bindings.", "binding", nullptr},
    ComponentKind{"crypto.", "crypto provider", nullptr},
    ComponentKind{"nameresolution.", "name resolver", nullptr},
    ComponentKind{"middleware.http.", "HTTP middleware", nullptr},
    ComponentKind{"conversation.", "conversation component", nullptr},
};

std::string shown_version(const Component& component) {
  return component.version.empty() ? "v1" : component.version;
}

}  // namespace

const ComponentKind* find_kind(std::string_view type) {
  for (const ComponentKind& kind : kKinds) {
    if (starts_with_ignoring_case(type, kind.prefix)) return &kind;
  }
  return nullptr;
}

std::string title(const Component& component) {
  return component.name + " (" + component.type + "/" + shown_version(component) + ")";
}

Error failure(const Component& component, std::string_view stage, std::string_view what) {
  const std::string place = component.source.file.empty() ? "" : to_text(component.source) + ": ";
  return {Code::kFailedPrecondition, place + "[" + std::string(stage) +
                                         "_COMPONENT_FAILURE]: initialization error occurred for " +
                                         title(component) + ": " + std::string(what)};
}

Error unknown_type(const Component& component) {
  const ComponentKind* kind = find_kind(component.type);
  const std::string words(kind == nullptr ? "component" : kind->words);
  return failure(component, "CREATE",
                 "couldn't find " + words + " " + component.type + "/" + shown_version(component) +
                     "; the types that this build has are in docs/components.md");
}

components::Context context_for(const LoaderTargets& to, const Component& component) {
  components::Context context{component.name, {}, to.loop, to.files, to.data_dir, &to.cloud};
  for (auto& [name, value] : properties(component)) context.metadata[name] = value;
  return context;
}

api::ComponentInfo describe(const Component& component) {
  return {component.name, component.type, shown_version(component), {}, component.scopes};
}

void note_loaded(LoaderTargets& to, api::ComponentInfo info) {
  log::info("dapr.runtime",
            "Component loaded: " + info.name + " (" + info.type + "/" + info.version + ")");
  to.services.components.push_back(std::move(info));
}

}  // namespace edge::daemon
