// What layers of configuration serve, as JSON: for tools, and for the cloud.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "components/configuration/configuration.h"

namespace edge::blocks {

// By store.
using StoreGenerations = std::map<std::string, std::vector<configuration::Generation>, std::less<>>;

// [{"layer":"base","status":"rolledback","rev":7,"served":5,"since":"..","sha256":"..","detail":
// "why"}]: the last two where a revision is withheld; "expires", "expired" where its signer said
// so.
std::string generations_json(const std::vector<configuration::Generation>& generations);

// {"stores":{"cloud":[..]}}
std::string generations_json(const StoreGenerations& stores);

}  // namespace edge::blocks
