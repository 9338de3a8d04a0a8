// What is behind a context: mbedTLS's configuration and what it points at.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>

#include "edge/net/tls/context.h"
#include "edge/net/tls/credentials.h"
#include "edge/net/tls/sessions.h"

namespace edge::tls {

// Common to both sides. Handshakes use its keys one at a time (steps.h).
class Endpoint {
 public:
  Endpoint() noexcept { mbedtls_ssl_config_init(&config_); }
  ~Endpoint() { mbedtls_ssl_config_free(&config_); }
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  // TLS 1.2 with forward secrecy and authenticated encryption. `side` is MBEDTLS_SSL_IS_CLIENT or
  // MBEDTLS_SSL_IS_SERVER.
  Status prepare(int side, std::vector<std::string> alpn);
  // Errors: kInvalidArgument, naming "certificate" or "privateKey".
  Status set_identity(const std::string& certificate, const std::string& private_key);

  [[nodiscard]] mbedtls_ssl_config* config() noexcept { return &config_; }

 private:
  mbedtls_ssl_config config_;
  Certificates certificate_;
  PrivateKey key_;
  std::vector<std::string> alpn_;
  std::vector<const char*> alpn_list_;
};

struct ClientContext::Impl {
  Endpoint endpoint;
  Certificates root_ca;
  std::string server_name;
  std::string bundle_path;  // "" where no bundle is needed
  SessionCache sessions;
};

struct ServerContext::Impl {
  Impl() noexcept { mbedtls_ssl_ticket_init(&tickets); }
  ~Impl() { mbedtls_ssl_ticket_free(&tickets); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  mbedtls_ssl_ticket_context tickets;
  Certificates client_ca;
  Endpoint endpoint;
};

}  // namespace edge::tls
