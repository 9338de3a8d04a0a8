#include "edge/net/tls/credentials.h"

#include <cerrno>
#include <sys/random.h>
#include <type_traits>

#include <mbedtls/entropy.h>

#include "edge/base/log.h"
#include "edge/net/tls/error_text.h"

namespace edge::tls {
namespace {

// mbedTLS wants a PEM text with its final NUL.
const unsigned char* bytes_of(const std::string& pem) noexcept {
  return reinterpret_cast<const unsigned char*>(pem.c_str());
}

// From version 3 on mbedTLS wants random numbers too, to hide what it computes with a private key.
template <class Function, class... Arguments>
int with_key(Function function, Arguments... arguments) noexcept {
  if constexpr (std::is_invocable_v<Function, Arguments...>) {
    return function(arguments...);
  } else {
    return function(arguments..., system_random, nullptr);
  }
}

Error bad_item(std::string_view item, std::string_view why) {
  return {Code::kInvalidArgument, std::string(item) + ": " + std::string(why)};
}

}  // namespace

Status Certificates::parse(std::string_view item, const std::string& pem) {
  if (pem.find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
    return bad_item(item, "holds no certificate in PEM (-----BEGIN CERTIFICATE-----)");
  }
  const int result = mbedtls_x509_crt_parse(&chain_, bytes_of(pem), pem.size() + 1);
  if (result < 0) return bad_item(item, "the certificate cannot be read: " + code_text(result));
  if (result > 0) {
    log::warn("edge.tls", "some certificates cannot be read and are left out",
              {{"item", std::string(item)}, {"count", std::to_string(result)}});
  }
  return {};
}

Status PrivateKey::parse(std::string_view item, const std::string& pem) {
  if (pem.find("PRIVATE KEY-----") == std::string::npos) {
    return bad_item(item, "holds no private key in PEM (-----BEGIN PRIVATE KEY-----)");
  }
  const int result =
      with_key(mbedtls_pk_parse_key, &key_, bytes_of(pem), pem.size() + 1, nullptr, std::size_t{0});
  if (result == MBEDTLS_ERR_PK_PASSWORD_REQUIRED) {
    return bad_item(item, "the key is encrypted; give it without a password");
  }
  if (result != 0) return bad_item(item, "the key cannot be read: " + code_text(result));
  return {};
}

bool PrivateKey::belongs_to(const mbedtls_x509_crt& certificate) noexcept {
  return with_key(mbedtls_pk_check_pair, &certificate.pk, &key_) == 0;
}

int system_random(void*, unsigned char* out, std::size_t size) noexcept {
  while (size > 0) {
    const ssize_t got = ::getrandom(out, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
    out += got;
    size -= static_cast<std::size_t>(got);
  }
  return 0;
}

}  // namespace edge::tls
