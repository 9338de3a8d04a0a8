// Secrets as JSON, with as few copies of them left in memory as can be.
//
// Overwritten after use: a request's body, the texts of its JSON, what a store gave, an answer's
// body. Not overwritten, as they are not ours to reach: the buffers that a connection reads into
// and writes from (the next request on it overwrites them), what the JSON library allocates while
// it parses and writes, and the kernel's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "components/secretstores/secretstores.h"
#include "edge/blocks/api_error.h"

namespace edge::api {

// {"value":"text"}, kept under the secret's own name, or {"values":{"name":"text"}}. Wipes `body`.
// Errors: ERR_MALFORMED_REQUEST, which shows nothing of it.
blocks::ApiResult<secrets::Secret> parse_secret(std::string& body, const std::string& name);

// {"name":"text"}. Wipes `secret`.
std::string secret_json(secrets::Secret& secret);
// {"secret":{"name":"text"}}. Wipes `all`.
std::string secrets_json(secrets::Secrets& all);
// {"name":"secret","values":{"name":"text"}}. Wipes `secret`.
std::string named_secret_json(const std::string& name, secrets::Secret& secret);

// {"name":"secret","version":1,"changed":"2026-01-01T00:00:00Z"}
std::string info_json(const secrets::SecretInfo& info);
std::string list_json(const std::vector<secrets::SecretInfo>& list);
std::string key_change_json(const secrets::KeyChange& change);

}  // namespace edge::api
