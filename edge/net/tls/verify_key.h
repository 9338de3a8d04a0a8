// VerifyKey: whether a text was signed, by ECDSA with P-256 and SHA-256.
//
// Source: FIPS 186-4 §6; SEC 1 §C.8 (a signature as DER). One thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "edge/base/result.h"

namespace edge::tls {

class VerifyKey {
 public:
  // PEM text of a public key. Errors: kInvalidArgument: it is none, or not of P-256.
  static Result<VerifyKey> parse(const std::string& pem);
  VerifyKey(VerifyKey&& other) noexcept;
  VerifyKey& operator=(VerifyKey&& other) noexcept;
  ~VerifyKey();

  [[nodiscard]] bool has_signed(std::string_view text, std::string_view signature) const;

 private:
  struct Parsed;
  explicit VerifyKey(std::unique_ptr<Parsed> parsed);

  std::unique_ptr<Parsed> parsed_;
};

}  // namespace edge::tls
