#include "edge/net/tls/context.h"

#include <array>
#include <utility>

#include "edge/net/tls/context_impl.h"

namespace edge::tls {
namespace {

// ChaCha20 first: the fastest where the processor does not help with AES, as on most hubs.
constexpr std::array kCipherSuites = {
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    0,
};

constexpr std::array kCurves = {MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_CURVE25519,
                                MBEDTLS_ECP_DP_SECP384R1, MBEDTLS_ECP_DP_SECP521R1,
                                MBEDTLS_ECP_DP_NONE};

constexpr std::uint32_t kTicketSeconds = 24 * 60 * 60;

// Wipes a private key's text when it goes out of scope.
class Wiped {
 public:
  explicit Wiped(std::string& text) noexcept : text_(text) {}
  ~Wiped() { wipe(text_); }
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;

 private:
  std::string& text_;
};

Error out_of_memory() {
  return {Code::kResourceExhausted, "tls: out of memory"};
}

}  // namespace

Status Endpoint::prepare(int side, std::vector<std::string> alpn) {
  if (mbedtls_ssl_config_defaults(&config_, side, MBEDTLS_SSL_TRANSPORT_STREAM,
                                  MBEDTLS_SSL_PRESET_DEFAULT) != 0) {
    return out_of_memory();
  }
  mbedtls_ssl_conf_rng(&config_, system_random, nullptr);
  mbedtls_ssl_conf_min_version(&config_, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
  mbedtls_ssl_conf_max_version(&config_, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
  mbedtls_ssl_conf_ciphersuites(&config_, kCipherSuites.data());
  mbedtls_ssl_conf_curves(&config_, kCurves.data());
  if (alpn.empty()) return {};
  alpn_ = std::move(alpn);
  for (const auto& protocol : alpn_) alpn_list_.push_back(protocol.c_str());
  alpn_list_.push_back(nullptr);
  if (mbedtls_ssl_conf_alpn_protocols(&config_, alpn_list_.data()) != 0) {
    return Error{Code::kInvalidArgument, "tls: an ALPN name is empty or longer than 255 bytes"};
  }
  return {};
}

Status Endpoint::set_identity(const std::string& certificate, const std::string& private_key) {
  if (certificate.empty()) {
    return Error{Code::kInvalidArgument, "certificate: missing, and privateKey needs one"};
  }
  if (private_key.empty()) {
    return Error{Code::kInvalidArgument, "privateKey: missing, and certificate needs one"};
  }
  if (auto parsed = certificate_.parse("certificate", certificate); !parsed) return parsed;
  if (auto parsed = key_.parse("privateKey", private_key); !parsed) return parsed;
  if (!key_.belongs_to(*certificate_.chain())) {
    return Error{Code::kInvalidArgument, "privateKey: does not belong to certificate"};
  }
  if (mbedtls_ssl_conf_own_cert(&config_, certificate_.chain(), key_.get()) != 0) {
    return out_of_memory();
  }
  return {};
}

ClientContext::ClientContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ClientContext::~ClientContext() = default;

Result<std::shared_ptr<const ClientContext>> ClientContext::parse(ClientConfig config) {
  const Wiped wiped(config.private_key);
  auto impl = std::make_unique<Impl>();
  auto& endpoint = impl->endpoint;
  if (auto ready = endpoint.prepare(MBEDTLS_SSL_IS_CLIENT, std::move(config.alpn)); !ready) {
    return ready.error();
  }
  const bool judged = config.verify == Verify::kPeer;
  mbedtls_ssl_conf_authmode(endpoint.config(),
                            judged ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_NONE);
  mbedtls_ssl_conf_session_tickets(endpoint.config(), MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
  if (!config.root_ca.empty()) {
    auto parsed = impl->root_ca.parse("rootCA", config.root_ca);
    if (!parsed) return parsed.error();
    mbedtls_ssl_conf_ca_chain(endpoint.config(), impl->root_ca.chain(), nullptr);
  } else if (judged) {
    impl->bundle_path = std::move(config.bundle_path);
  }
  if (!config.certificate.empty() || !config.private_key.empty()) {
    auto set = endpoint.set_identity(config.certificate, config.private_key);
    if (!set) return set.error();
  }
  impl->server_name = std::move(config.server_name);
  return std::shared_ptr<const ClientContext>(new ClientContext(std::move(impl)));
}

ServerContext::ServerContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ServerContext::~ServerContext() = default;

Result<std::shared_ptr<const ServerContext>> ServerContext::parse(ServerConfig config) {
  const Wiped wiped(config.private_key);
  auto impl = std::make_unique<Impl>();
  auto& endpoint = impl->endpoint;
  if (auto ready = endpoint.prepare(MBEDTLS_SSL_IS_SERVER, std::move(config.alpn)); !ready) {
    return ready.error();
  }
  if (auto set = endpoint.set_identity(config.certificate, config.private_key); !set) {
    return set.error();
  }
  if (!config.client_ca.empty()) {
    auto parsed = impl->client_ca.parse("clientCA", config.client_ca);
    if (!parsed) return parsed.error();
    mbedtls_ssl_conf_ca_chain(endpoint.config(), impl->client_ca.chain(), nullptr);
    mbedtls_ssl_conf_authmode(endpoint.config(), MBEDTLS_SSL_VERIFY_REQUIRED);
  }
  if (mbedtls_ssl_ticket_setup(&impl->tickets, system_random, nullptr, MBEDTLS_CIPHER_AES_256_GCM,
                               kTicketSeconds) != 0) {
    return out_of_memory();
  }
  mbedtls_ssl_conf_session_tickets_cb(endpoint.config(), mbedtls_ssl_ticket_write,
                                      mbedtls_ssl_ticket_parse, &impl->tickets);
  return std::shared_ptr<const ServerContext>(new ServerContext(std::move(impl)));
}

}  // namespace edge::tls
