// Why a TLS connection failed, in words that a person can act on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace edge::tls {

// mbedTLS's own words for one of its codes.
std::string code_text(int code);

// "the certificate has expired": the first reason among the flags of a failed verification.
std::string_view verify_text(std::uint32_t flags) noexcept;

// "bad certificate (alert 42)". Source: RFC 5246 §7.2.
std::string alert_text(std::uint8_t alert);

}  // namespace edge::tls
