// Sealing: encryption of a secret for storage, bound to where it is stored.
//
// AES-256-GCM under a key derived from a key-encryption key by HKDF-SHA256 with a salt of its own
// for each secret. What a secret is bound to (its name, its version) is not stored in the sealed
// form: opening needs the same parts, so a sealed secret that is put in another's place does not
// open. Source: RFC 5869; NIST SP 800-38D.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "edge/base/result.h"
#include "edge/net/tls/secret_bytes.h"

namespace edge::tls {

inline constexpr std::size_t kSealKeyBytes = 32;

struct Sealed {
  std::string salt;   // 16 bytes
  std::string nonce;  // 12 bytes
  std::string ciphertext;
  std::string tag;  // 16 bytes
};

using BoundTo = std::span<const std::string_view>;

// Names a key without telling it: 16 hexadecimal digits.
std::string key_id(const SecretBytes& key);

// With a fresh salt and nonce. `key` has kSealKeyBytes. Errors: kInternal.
Result<Sealed> seal(const SecretBytes& key, std::string_view plain, BoundTo bound_to);

// Errors: kDataLoss where the key is another one, or where the sealed form or what it is bound to
// was changed.
Result<SecretBytes> open(const SecretBytes& key, const Sealed& sealed, BoundTo bound_to);

// seal() with a chosen salt and nonce, for tests with known answers.
Result<Sealed> seal_with(const SecretBytes& key, std::string_view plain, BoundTo bound_to,
                         Sealed with);

}  // namespace edge::tls
