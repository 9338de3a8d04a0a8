// A secret's values as bytes, and the limits of what is kept.
#pragma once

#include <string_view>

#include "components/secretstores/secretstores.h"
#include "edge/net/tls/secret_bytes.h"

namespace edge::secrets {

inline constexpr std::size_t kMaxNameBytes = 255;
inline constexpr std::size_t kMaxSecretBytes = std::size_t{64} * 1024;  // names and values

// Errors: kInvalidArgument, without any value in its words.
Status check_secret(std::string_view name, const Secret& secret);

// Each name and value, led by its length.
tls::SecretBytes encode_secret(const Secret& secret);
// Errors: kDataLoss for what encode_secret does not make.
Result<Secret> decode_secret(std::string_view bytes);

// Overwrites the values. What moved or was copied from them before is out of reach.
void wipe(Secret& secret) noexcept;
void wipe(Secrets& secrets) noexcept;

}  // namespace edge::secrets
