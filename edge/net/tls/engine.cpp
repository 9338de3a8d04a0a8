#include "edge/net/tls/engine.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <utility>

#include <mbedtls/net_sockets.h>
#include <mbedtls/version.h>

#include "edge/net/tls/clock_floor.h"
#include "edge/net/tls/error_text.h"

namespace edge::tls {
namespace {

#if MBEDTLS_VERSION_MAJOR >= 3
constexpr int kBadHello = MBEDTLS_ERR_SSL_DECODE_ERROR;
constexpr int kOtherVersion = MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION;
constexpr int kNothingInCommon = MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE;
#else
constexpr int kBadHello = MBEDTLS_ERR_SSL_BAD_HS_CLIENT_HELLO;
constexpr int kOtherVersion = MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION;
constexpr int kNothingInCommon = MBEDTLS_ERR_SSL_NO_CIPHER_CHOSEN;
#endif

// An IP literal's bytes in network order; "" for a name.
std::string ip_bytes(const std::string& host) {
  std::array<char, 16> bytes{};
  if (inet_pton(AF_INET, host.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
  if (inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1) return {bytes.data(), 16};
  return "";
}

// Whether the certificate lists the address. Source: RFC 5280 §4.2.1.6, iPAddress.
bool lists_ip(const mbedtls_x509_crt& certificate, std::string_view ip) noexcept {
  constexpr int kIpAddress = MBEDTLS_ASN1_CONTEXT_SPECIFIC | 7;
  for (const auto* name = &certificate.subject_alt_names; name != nullptr; name = name->next) {
    if (name->buf.tag != kIpAddress || name->buf.len != ip.size()) continue;
    if (std::memcmp(name->buf.p, ip.data(), ip.size()) == 0) return true;
  }
  return false;
}

WallTime time_of(const mbedtls_x509_time& time) noexcept {
  const std::chrono::year_month_day day{std::chrono::year(time.year),
                                        std::chrono::month(static_cast<unsigned>(time.mon)),
                                        std::chrono::day(static_cast<unsigned>(time.day))};
  return std::chrono::sys_days(day) + std::chrono::hours(time.hour) +
         std::chrono::minutes(time.min) + std::chrono::seconds(time.sec);
}

// Of a certificate that is not valid yet by the system's clock.
bool may_be_valid(const mbedtls_x509_crt& certificate) noexcept {
  const WallTime floor = clock_floor();
  return std::chrono::system_clock::now() < floor && floor <= time_of(certificate.valid_to);
}

}  // namespace

Engine::Engine() noexcept {
  mbedtls_ssl_init(&ssl_);
}

Engine::~Engine() {
  mbedtls_ssl_free(&ssl_);
}

Status Engine::setup(const mbedtls_ssl_config& config) {
  if (mbedtls_ssl_setup(&ssl_, &config) != 0) {
    return Error{Code::kResourceExhausted, "tls: out of memory"};
  }
  mbedtls_ssl_set_bio(&ssl_, this, send, receive, nullptr);
  mbedtls_ssl_set_verify(&ssl_, judge, this);
  return {};
}

Status Engine::expect_host(const std::string& host) {
  expected_ip_ = ip_bytes(host);
  const bool named = expected_ip_.empty() && !host.empty();
  if (mbedtls_ssl_set_hostname(&ssl_, named ? host.c_str() : nullptr) != 0) {
    return Error{Code::kInvalidArgument, "tls: the server name " + host + " is too long"};
  }
  return {};
}

void Engine::trust(std::shared_ptr<Certificates> roots) noexcept {
  roots_ = std::move(roots);
  mbedtls_ssl_set_hs_ca_chain(&ssl_, roots_->chain(), nullptr);
}

void Engine::resume(Session& session) noexcept {
  mbedtls_ssl_set_session(&ssl_, session.get());
}

void Engine::lend(std::string_view bytes, Input input) noexcept {
  lent_ = bytes;
  taken_ = 0;
  input_ = input;
}

int Engine::send(void* self, const unsigned char* bytes, std::size_t size) noexcept {
  static_cast<Engine*>(self)->output_.append(reinterpret_cast<const char*>(bytes), size);
  return static_cast<int>(size);
}

int Engine::receive(void* self, unsigned char* out, std::size_t size) noexcept {
  auto* engine = static_cast<Engine*>(self);
  const auto left = engine->lent_.substr(engine->taken_);
  if (left.empty()) return engine->input_ == Input::kEnded ? 0 : MBEDTLS_ERR_SSL_WANT_READ;
  const std::size_t count = std::min(size, left.size());
  std::memcpy(out, left.data(), count);
  engine->taken_ += count;
  return static_cast<int>(count);
}

// mbedTLS has judged already, the validity by the system's clock.
int Engine::judge(void* self, mbedtls_x509_crt* certificate, int depth,
                  std::uint32_t* flags) noexcept {
  if (may_be_valid(*certificate)) *flags &= ~std::uint32_t{MBEDTLS_X509_BADCERT_FUTURE};
  const auto& ip = static_cast<const Engine*>(self)->expected_ip_;
  // mbedTLS compares names only.
  if (depth == 0 && !ip.empty() && !lists_ip(*certificate, ip)) {
    *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
  }
  return 0;
}

Engine::Progress Engine::handshake() noexcept {
  while (ssl_.state != MBEDTLS_SSL_HANDSHAKE_OVER) {
    saw_certificate_ |= ssl_.state == MBEDTLS_SSL_SERVER_CERTIFICATE;
    const int result = mbedtls_ssl_handshake_step(&ssl_);
    if (result == MBEDTLS_ERR_SSL_WANT_READ) return Progress::kWantsInput;
    if (result != 0) {
      failed(result);
      return Progress::kFailed;
    }
  }
  roots_.reset();
  keep_session();
  return Progress::kDone;
}

void Engine::failed(int code) noexcept {
  failure_ = code;
  // The one failure of which mbedTLS does not tell the peer by itself.
  if (code != MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE) return;
  mbedtls_ssl_send_alert_message(&ssl_, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                 MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE);
}

void Engine::keep_session() {
  if (ssl_.conf->endpoint != MBEDTLS_SSL_IS_CLIENT || resumed()) return;
  auto session = std::make_shared<Session>();
  if (mbedtls_ssl_get_session(&ssl_, session->get()) == 0) session_ = std::move(session);
}

Engine::Read Engine::read(std::span<char> out) noexcept {
  const int result =
      mbedtls_ssl_read(&ssl_, reinterpret_cast<unsigned char*>(out.data()), out.size());
  if (result > 0) return {static_cast<std::size_t>(result), ReadEnd::kNone};
  if (result == MBEDTLS_ERR_SSL_WANT_READ) return {0, ReadEnd::kWantsInput};
  if (result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) return {0, ReadEnd::kClosed};
  // Many servers end without a close notify. As in Go, that is an end only between two records.
  if (result == 0 && ssl_.in_left == 0) return {0, ReadEnd::kClosed};
  failure_ = result == 0 ? MBEDTLS_ERR_SSL_CONN_EOF : result;
  return {0, ReadEnd::kFailed};
}

Status Engine::write(std::string_view piece) noexcept {
  const auto* bytes = reinterpret_cast<const unsigned char*>(piece.data());
  const int result = mbedtls_ssl_write(&ssl_, bytes, piece.size());
  if (result == static_cast<int>(piece.size())) return {};
  failure_ = result;
  return failure();
}

void Engine::close_notify() noexcept {
  mbedtls_ssl_close_notify(&ssl_);
}

std::size_t Engine::max_piece() const noexcept {
  const int most = mbedtls_ssl_get_max_out_record_payload(&ssl_);
  return most > 0 ? static_cast<std::size_t>(most) : 1024;
}

bool Engine::has_plaintext() const noexcept {
  return mbedtls_ssl_check_pending(&ssl_) != 0;
}

Error Engine::failure() const {
  std::string why;
  switch (failure_) {
    case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED:
      why = "certificate verify failed: ";
      why += verify_text(mbedtls_ssl_get_verify_result(&ssl_));
      break;
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
      why = "the peer refused: " + alert_text(ssl_.in_msg[1]);
      break;
    case MBEDTLS_ERR_SSL_CONN_EOF:
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
      why = "the peer closed the connection";
      break;
    case MBEDTLS_ERR_SSL_INVALID_RECORD:
      why = "the peer sent something that is not TLS";
      break;
    case kBadHello:
      why = "the client sent no TLS hello";
      break;
    case kOtherVersion:
      why = "the peer cannot do TLS 1.2";
      break;
    case kNothingInCommon:
      why = "no cipher suite in common";
      break;
    case MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE:
      why = "the client sent no certificate";
      break;
    case MBEDTLS_ERR_SSL_INVALID_MAC:
      why = "a record was damaged";
      break;
    default:
      why = code_text(failure_);
  }
  return {Code::kUnavailable, why};
}

std::string_view Engine::alpn() const noexcept {
  const char* protocol = mbedtls_ssl_get_alpn_protocol(&ssl_);
  return protocol != nullptr ? protocol : "";
}

}  // namespace edge::tls
