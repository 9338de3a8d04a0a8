// Certificates for tests, made with the openssl program when they are asked for.
#pragma once

#include <string>

#include "tests/support/temp_dir.h"

namespace edge::test {

// Texts in PEM, and the files that hold them.
struct Identity {
  std::string certificate;
  std::string private_key;
  std::string certificate_path;
  std::string key_path;
};

// From when to when a certificate is valid.
enum class Validity { kNow, kExpired, kNotYet };
enum class KeyKind { kEcdsa, kRsa };

// A certificate authority of its own.
class Authority {
 public:
  explicit Authority(const std::string& name);

  [[nodiscard]] const std::string& certificate() const noexcept { return certificate_; }
  [[nodiscard]] std::string path() const { return dir_.file("ca.pem"); }

  // `names` as openssl writes them: "DNS:localhost,IP:127.0.0.1".
  Identity issue(const std::string& names, Validity validity = Validity::kNow,
                 KeyKind kind = KeyKind::kEcdsa);

 private:
  void openssl(const std::string& arguments) const;

  TempDir dir_;
  std::string certificate_;
  int issued_ = 0;
};

}  // namespace edge::test
