#include "components/all.h"

#include <array>

#include "components/configuration/etcd.h"
#include "components/configuration/mqtt.h"
#include "components/configuration/sqlite.h"
#include "components/pubsub/memory.h"
#include "components/pubsub/mqtt3.h"
#include "components/pubsub/sqlite.h"
#include "components/secretstores/cloud/aws.h"
#include "components/secretstores/cloud/aws_options.h"
#include "components/secretstores/cloud/cloud_store.h"
#include "components/secretstores/local_env.h"
#include "components/secretstores/local_file.h"
#include "components/secretstores/sqlite.h"
#include "components/state/memory.h"
#include "components/state/sqlite.h"
#include "edge/base/strings.h"

namespace edge::components {
namespace {

template <class Interface, class Implementation>
std::unique_ptr<Interface> make(const Context& context) {
  return std::make_unique<Implementation>(context);
}

std::vector<FieldDoc> no_fields() {
  return {};
}

template <class Upstream>
std::unique_ptr<secrets::Store> make_cloud_store(const Context& context) {
  return std::make_unique<secrets::CloudStore>(context, std::make_unique<Upstream>(context));
}

// A vendor's fields, and those that all stores of secrets of a cloud have.
std::vector<FieldDoc> with_cloud_fields(std::vector<FieldDoc> vendor) {
  for (const FieldDoc& field : secrets::cloud_fields()) vendor.push_back(field);
  return vendor;
}

// A source's fields, and those of all stores that keep copies of layers.
std::vector<FieldDoc> with_layered_fields(std::vector<FieldDoc> own) {
  for (const FieldDoc& field : configuration::layered_fields()) own.push_back(field);
  return own;
}

constexpr std::array kStateTypes = {
    Type<state::Store>{.name = "state.in-memory",
                       .alias = "",
                       .make = make<state::Store, state::MemoryStore>,
                       .fields = no_fields},
    Type<state::Store>{.name = "state.sqlite",
                       .alias = "state.sqlite3",
                       .make = make<state::Store, state::SqliteStore>,
                       .fields = [] { return describe(state::sqlite_fields()); }},
};

constexpr std::array kSecretStoreTypes = {
    Type<secrets::Store>{.name = "secretstores.aws.secretmanager",
                         .alias = "",
                         .make = make_cloud_store<secrets::AwsUpstream>,
                         .fields = [] { return with_cloud_fields(secrets::aws_fields()); }},
    Type<secrets::Store>{.name = "secretstores.local.env",
                         .alias = "",
                         .make = make<secrets::Store, secrets::LocalEnvStore>,
                         .fields = [] { return describe(secrets::local_env_fields()); }},
    Type<secrets::Store>{.name = "secretstores.local.file",
                         .alias = "",
                         .make = make<secrets::Store, secrets::LocalFileStore>,
                         .fields = [] { return describe(secrets::local_file_fields()); }},
    Type<secrets::Store>{.name = "secretstores.sqlite",
                         .alias = "",
                         .make = make<secrets::Store, secrets::SqliteStore>,
                         .fields = [] { return describe(secrets::sqlite_fields()); }},
};

constexpr std::array kPubsubTypes = {
    Type<pubsub::Bus>{.name = "pubsub.in-memory",
                      .alias = "",
                      .make = make<pubsub::Bus, pubsub::MemoryBus>,
                      .fields = no_fields},
    Type<pubsub::Bus>{.name = "pubsub.mqtt3",
                      .alias = "pubsub.mqtt",
                      .make = make<pubsub::Bus, pubsub::Mqtt3Bus>,
                      .fields = [] { return describe(pubsub::mqtt3_fields()); }},
    Type<pubsub::Bus>{.name = "pubsub.sqlite",
                      .alias = "",
                      .make = make<pubsub::Bus, pubsub::SqliteBus>,
                      .fields = [] { return describe(pubsub::sqlite_fields()); }},
};

constexpr std::array kConfigurationTypes = {
    Type<configuration::Store>{
        .name = "configuration.etcd",
        .alias = "",
        .make = make<configuration::Store, configuration::EtcdStore>,
        .fields = [] { return with_layered_fields(describe(configuration::etcd_fields())); }},
    Type<configuration::Store>{
        .name = "configuration.mqtt",
        .alias = "",
        .make = make<configuration::Store, configuration::MqttStore>,
        .fields = [] { return with_layered_fields(describe(configuration::mqtt_fields())); }},
    Type<configuration::Store>{.name = "configuration.sqlite",
                               .alias = "",
                               .make = make<configuration::Store, configuration::SqliteStore>,
                               .fields = [] { return describe(configuration::sqlite_fields()); }},
};

}  // namespace

std::span<const Type<configuration::Store>> configuration_types() {
  return kConfigurationTypes;
}

std::span<const Type<pubsub::Bus>> pubsub_types() {
  return kPubsubTypes;
}

std::span<const Type<secrets::Store>> secret_store_types() {
  return kSecretStoreTypes;
}

std::span<const Type<state::Store>> state_types() {
  return kStateTypes;
}

template <class Interface>
const Type<Interface>* find_type(std::span<const Type<Interface>> types, std::string_view name) {
  for (const auto& type : types) {
    if (equals_ignoring_case(type.name, name)) return &type;
    if (!type.alias.empty() && equals_ignoring_case(type.alias, name)) return &type;
  }
  return nullptr;
}

template const Type<secrets::Store>* find_type(std::span<const Type<secrets::Store>> types,
                                               std::string_view name);
template const Type<state::Store>* find_type(std::span<const Type<state::Store>> types,
                                             std::string_view name);
template const Type<pubsub::Bus>* find_type(std::span<const Type<pubsub::Bus>> types,
                                            std::string_view name);
template const Type<configuration::Store>* find_type(
    std::span<const Type<configuration::Store>> types, std::string_view name);

}  // namespace edge::components
