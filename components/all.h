// The one list of the component types that this build has.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "components/configuration/configuration.h"
#include "components/context.h"
#include "components/fields.h"
#include "components/pubsub/pubsub.h"
#include "components/secretstores/secretstores.h"
#include "components/state/state.h"

namespace edge::components {

// `Interface` is the kind's contract. Making a component does nothing yet; init() opens it.
template <class Interface>
struct Type {
  std::string_view name;
  std::string_view alias;
  std::unique_ptr<Interface> (*make)(const Context& context);
  std::vector<FieldDoc> (*fields)();
};

std::span<const Type<state::Store>> state_types();
std::span<const Type<secrets::Store>> secret_store_types();
std::span<const Type<configuration::Store>> configuration_types();
std::span<const Type<pubsub::Bus>> pubsub_types();

// By name or alias, ignoring case; nullptr where this build has no such type.
template <class Interface>
const Type<Interface>* find_type(std::span<const Type<Interface>> types, std::string_view name);

extern template const Type<state::Store>* find_type(std::span<const Type<state::Store>> types,
                                                    std::string_view name);
extern template const Type<secrets::Store>* find_type(std::span<const Type<secrets::Store>> types,
                                                      std::string_view name);
extern template const Type<pubsub::Bus>* find_type(std::span<const Type<pubsub::Bus>> types,
                                                   std::string_view name);
extern template const Type<configuration::Store>* find_type(
    std::span<const Type<configuration::Store>> types, std::string_view name);

}  // namespace edge::components
