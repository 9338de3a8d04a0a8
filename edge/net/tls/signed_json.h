// Signed JSON objects: "sig" is the base64 of an ECDSA signature of the object without "sig", as
// JSON with sorted members and no spaces. Source: sync reference §4.5.
#pragma once

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "edge/net/tls/verify_key.h"

namespace edge::tls {

// Whether one of the keys has signed it.
[[nodiscard]] bool is_signed(nlohmann::json object, const std::vector<VerifyKey>& keys);

// PEM texts, one after the other. Errors: kInvalidArgument: one is no key, there are none, or more
// than 8.
Result<std::vector<VerifyKey>> parse_verify_keys(const std::string& pem);

}  // namespace edge::tls
