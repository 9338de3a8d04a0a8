// Owners of mbedTLS's certificates and keys, and where its randomness comes from.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include "edge/base/result.h"
#include "edge/net/tls/secret_bytes.h"

namespace edge::tls {

class Certificates {
 public:
  Certificates() noexcept { mbedtls_x509_crt_init(&chain_); }
  ~Certificates() { mbedtls_x509_crt_free(&chain_); }
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  // One or more certificates in PEM. Some that cannot be read among others that can are logged.
  // Errors: kInvalidArgument, naming `item`.
  Status parse(std::string_view item, const std::string& pem);

  [[nodiscard]] mbedtls_x509_crt* chain() noexcept { return &chain_; }

 private:
  mbedtls_x509_crt chain_;
};

class PrivateKey {
 public:
  PrivateKey() noexcept { mbedtls_pk_init(&key_); }
  ~PrivateKey() { mbedtls_pk_free(&key_); }  // wipes it
  PrivateKey(const PrivateKey&) = delete;
  PrivateKey& operator=(const PrivateKey&) = delete;

  // Errors: kInvalidArgument, naming `item`.
  Status parse(std::string_view item, const std::string& pem);
  [[nodiscard]] bool belongs_to(const mbedtls_x509_crt& certificate) noexcept;

  [[nodiscard]] mbedtls_pk_context* get() noexcept { return &key_; }

 private:
  mbedtls_pk_context key_;
};

// The kernel's generator, in the form that mbedTLS calls. Any thread.
int system_random(void* unused, unsigned char* out, std::size_t size) noexcept;

}  // namespace edge::tls
