#include "edge/net/tls/verify_key.h"

#include <mbedtls/pk.h>

#include "edge/net/tls/error_text.h"
#include "edge/net/tls/hmac.h"

namespace edge::tls {
namespace {

const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

struct VerifyKey::Parsed {
  Parsed() noexcept { mbedtls_pk_init(&key); }
  ~Parsed() { mbedtls_pk_free(&key); }
  Parsed(const Parsed&) = delete;
  Parsed& operator=(const Parsed&) = delete;

  [[nodiscard]] bool is_p256() const noexcept {
    return mbedtls_pk_can_do(&key, MBEDTLS_PK_ECDSA) == 1 &&
           mbedtls_pk_ec(key)->grp.id == MBEDTLS_ECP_DP_SECP256R1;
  }

  mbedtls_pk_context key;
};

VerifyKey::VerifyKey(std::unique_ptr<Parsed> parsed) : parsed_(std::move(parsed)) {}
VerifyKey::VerifyKey(VerifyKey&& other) noexcept = default;
VerifyKey& VerifyKey::operator=(VerifyKey&& other) noexcept = default;
VerifyKey::~VerifyKey() = default;

Result<VerifyKey> VerifyKey::parse(const std::string& pem) {
  auto parsed = std::make_unique<Parsed>();
  // With the zero at its end.
  const int failed = mbedtls_pk_parse_public_key(&parsed->key, bytes_of(pem), pem.size() + 1);
  if (failed != 0) {
    return Error{Code::kInvalidArgument, "no public key in PEM: " + code_text(failed)};
  }
  if (!parsed->is_p256()) {
    return Error{Code::kInvalidArgument, "the public key is not one of the curve P-256"};
  }
  return VerifyKey(std::move(parsed));
}

bool VerifyKey::has_signed(std::string_view text, std::string_view signature) const {
  const std::string digest = sha256(text);
  return !digest.empty() &&
         mbedtls_pk_verify(&parsed_->key, MBEDTLS_MD_SHA256, bytes_of(digest), digest.size(),
                           bytes_of(signature), signature.size()) == 0;
}

}  // namespace edge::tls
