#include "edge/net/tls/error_text.h"

#include <algorithm>
#include <array>

#include <mbedtls/error.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509.h>

namespace edge::tls {
namespace {

struct Reason {
  std::uint32_t flag;
  std::string_view text;
};

// The reason that helps most first: an expired certificate is often not trusted either.
constexpr std::array kReasons = {
    Reason{MBEDTLS_X509_BADCERT_EXPIRED, "the certificate has expired"},
    Reason{MBEDTLS_X509_BADCERT_FUTURE, "the certificate is not valid yet; is the clock right?"},
    Reason{MBEDTLS_X509_BADCERT_REVOKED, "the certificate has been revoked"},
    Reason{MBEDTLS_X509_BADCERT_NOT_TRUSTED,
           "the certificate is signed by an authority that is not trusted"},
    Reason{MBEDTLS_X509_BADCERT_CN_MISMATCH, "the certificate is for another host"},
    Reason{MBEDTLS_X509_BADCERT_MISSING, "no certificate was sent"},
    Reason{MBEDTLS_X509_BADCERT_KEY_USAGE, "the certificate's key is not for this use"},
    Reason{MBEDTLS_X509_BADCERT_EXT_KEY_USAGE, "the certificate is not for this use"},
    Reason{MBEDTLS_X509_BADCERT_BAD_MD, "the certificate is signed with a weak hash"},
    Reason{MBEDTLS_X509_BADCERT_BAD_PK, "the certificate's kind of key is not accepted"},
    Reason{MBEDTLS_X509_BADCERT_BAD_KEY, "the certificate's key is too weak"},
};

struct Alert {
  std::uint8_t number;
  std::string_view text;
};

constexpr std::array kAlerts = {
    Alert{0, "close notify"},
    Alert{10, "unexpected message"},
    Alert{20, "bad record"},
    Alert{22, "record overflow"},
    Alert{40, "handshake failure"},
    Alert{42, "bad certificate"},
    Alert{43, "unsupported certificate"},
    Alert{44, "certificate revoked"},
    Alert{45, "certificate expired"},
    Alert{46, "certificate unknown"},
    Alert{47, "illegal parameter"},
    Alert{48, "unknown certificate authority"},
    Alert{49, "access denied"},
    Alert{50, "decode error"},
    Alert{51, "decrypt error"},
    Alert{70, "protocol version"},
    Alert{71, "insufficient security"},
    Alert{80, "internal error"},
    Alert{90, "user cancelled"},
    Alert{112, "unrecognized name"},
    Alert{116, "certificate required"},
    Alert{120, "no application protocol"},
};

}  // namespace

std::string code_text(int code) {
  std::array<char, 160> text{};
  mbedtls_strerror(code, text.data(), text.size());
  return text.data();
}

std::string_view verify_text(std::uint32_t flags) noexcept {
  for (const auto& reason : kReasons) {
    if ((flags & reason.flag) != 0) return reason.text;
  }
  return "the certificate is not accepted";
}

std::string alert_text(std::uint8_t alert) {
  const auto* found = std::ranges::find(kAlerts, alert, &Alert::number);
  const std::string_view text = found != kAlerts.end() ? found->text : "unknown alert";
  return std::string(text) + " (alert " + std::to_string(alert) + ")";
}

}  // namespace edge::tls
