// ReplicaCommands: what the cloud has the hub do with its copies: read them again, forget them.
//
// Source: sync reference §6.3, §7.4.
#pragma once

#include <string>
#include <vector>

#include "edge/blocks/configuration/configuration_block.h"
#include "edge/blocks/secrets/secrets_block.h"
#include "sync/core/records.h"

namespace edge::daemon {

class ReplicaCommands {
 public:
  // Both outlive it.
  ReplicaCommands(blocks::ConfigurationBlock& configuration, blocks::SecretsBlock& secrets)
      : configuration_(configuration), secrets_(secrets) {}

  // config.refresh. `store`: one of them; "" for every store that keeps copies.
  Task<sync::Reply> refresh(Ctx ctx, std::string store);
  // secret.purge. `names`: of secrets; "*" for all.
  Task<sync::Reply> purge(Ctx ctx, std::string store, std::vector<std::string> names);

 private:
  blocks::ConfigurationBlock& configuration_;
  blocks::SecretsBlock& secrets_;
};

}  // namespace edge::daemon
