// The kinds of components that a hub loads: one table, and what its rows have in common.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "components/all.h"
#include "edge/api/services.h"
#include "edge/daemon/resources/component.h"
#include "edge/daemon/secret_news.h"
#include "edge/daemon/secret_stores.h"

namespace edge::daemon {

// What components are made from and what they are put into; outlives them.
struct LoaderTargets {
  Loop& loop;
  store::OpenFiles& files;
  api::Services& services;
  SecretStores& secrets;
  std::string data_dir;  // "": a hub's own stores are not opened
  std::string app_id;    // of a daprd; "" for a hub
  components::Cloud& cloud;
  SecretNews& news;
};

struct ComponentKind {
  std::string_view prefix;  // of the type
  std::string_view words;   // daprd's in "couldn't find <words> <type>"
  // Opens the component and hands it to its block. Null: this build has none of the kind.
  // Errors: daprd's text.
  Task<Status> (*load)(Ctx ctx, LoaderTargets* to, const Component* component);
  // Closes it when those who use it have finished.
  Task<void> (*unload)(LoaderTargets* to, std::string name) = nullptr;
};

// nullptr for a type whose category is not known.
const ComponentKind* find_kind(std::string_view type);

// The rows' functions, each in the source of its kind.
Task<Status> load_pubsub(Ctx ctx, LoaderTargets* to, const Component* component);
Task<void> unload_pubsub(LoaderTargets* to, std::string name);
Task<Status> load_secret_store(Ctx ctx, LoaderTargets* to, const Component* component);
Task<void> unload_secret_store(LoaderTargets* to, std::string name);
Task<Status> load_configuration(Ctx ctx, LoaderTargets* to, const Component* component);
Task<void> unload_configuration(LoaderTargets* to, std::string name);
Task<Status> load_state(Ctx ctx, LoaderTargets* to, const Component* component);
Task<void> unload_state(LoaderTargets* to, std::string name);

// "name (type/version)".
std::string title(const Component& component);

// With daprd's text and the resource's file and line. `stage`: INIT or CREATE.
Error failure(const Component& component, std::string_view stage, std::string_view what);
Error unknown_type(const Component& component);

components::Context context_for(const LoaderTargets& to, const Component& component);

// What metadata shows of a component, without capabilities.
api::ComponentInfo describe(const Component& component);

// Notes and logs that the component is there.
void note_loaded(LoaderTargets& to, api::ComponentInfo info);

// Makes a component of its type and opens it.
template <class Interface>
Task<Result<std::unique_ptr<Interface>>> open_component(
    Ctx ctx, LoaderTargets* to, const Component* component,
    std::span<const components::Type<Interface>> types) {
  const auto* type = components::find_type(types, component->type);
  if (type == nullptr) co_return unknown_type(*component);
  std::unique_ptr<Interface> made = type->make(context_for(*to, *component));
  auto opened = co_await made->init(ctx);
  if (!opened) co_return failure(*component, "INIT", opened.error().message);
  co_return std::move(made);
}

}  // namespace edge::daemon
