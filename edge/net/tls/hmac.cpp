#include "edge/net/tls/hmac.h"

#include <mbedtls/md.h>

#include "edge/base/strings.h"

namespace edge::tls {
namespace {

constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kTagBytes = 16;

const unsigned char* in(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string sha256(std::string_view text) {
  std::string digest(kDigestBytes, '\0');
  const mbedtls_md_info_t* sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
  auto* out = reinterpret_cast<unsigned char*>(digest.data());
  if (mbedtls_md(sha256, in(text), text.size(), out) != 0) digest.clear();
  return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::string digest(kDigestBytes, '\0');
  const mbedtls_md_info_t* sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
  // Fails for a hash that the library does not have, and for lack of memory.
  if (mbedtls_md_hmac(sha256, in(key), key.size(), in(text), text.size(),
                      reinterpret_cast<unsigned char*>(digest.data())) != 0) {
    digest.clear();
  }
  return digest;
}

std::string user_tag(std::string_view key, std::string_view user) {
  return hex_encode(std::string_view(hmac_sha256(key, user)).substr(0, kTagBytes));
}

}  // namespace edge::tls
