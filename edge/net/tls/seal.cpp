#include "edge/net/tls/seal.h"

#include <array>
#include <cstdint>

#include <mbedtls/gcm.h>
#include <mbedtls/hkdf.h>
#include <mbedtls/md.h>

#include "edge/base/strings.h"
#include "edge/net/tls/credentials.h"
#include "edge/net/tls/error_text.h"

namespace edge::tls {
namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kIdBytes = 8;
constexpr std::string_view kSealUse = "hubsec1";
constexpr std::string_view kIdUse = "hubsec1 id";

class Cipher {
 public:
  Cipher() noexcept { mbedtls_gcm_init(&gcm_); }
  ~Cipher() { mbedtls_gcm_free(&gcm_); }  // wipes the key
  Cipher(const Cipher&) = delete;
  Cipher& operator=(const Cipher&) = delete;

  int set_key(const SecretBytes& key) noexcept {
    return mbedtls_gcm_setkey(&gcm_, MBEDTLS_CIPHER_ID_AES, key.data(), kSealKeyBytes * 8);
  }
  [[nodiscard]] mbedtls_gcm_context* get() noexcept { return &gcm_; }

 private:
  mbedtls_gcm_context gcm_;
};

const unsigned char* in(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* out(std::string& text) noexcept {
  return reinterpret_cast<unsigned char*>(text.data());
}

Error failed(std::string_view what, int code) {
  return {Code::kInternal, std::string(what) + ": " + code_text(code)};
}

// Length-prefixed, so that no two lists of parts have the same form.
std::string joined(BoundTo parts) {
  std::string text;
  for (const std::string_view part : parts) {
    const auto size = static_cast<std::uint32_t>(part.size());
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(size >> shift & 0xFF);
    text += part;
  }
  return text;
}

int derive(const SecretBytes& key, std::string_view salt, std::string_view use,
           std::span<unsigned char> derived) noexcept {
  return mbedtls_hkdf(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), in(salt), salt.size(),
                      key.data(), key.size(), in(use), use.size(), derived.data(), derived.size());
}

// The cipher with the key for one salt.
Status prepare(Cipher& cipher, const SecretBytes& key, std::string_view salt) {
  if (key.size() != kSealKeyBytes) return Error{Code::kInternal, "a key has 32 bytes"};
  SecretBytes derived(kSealKeyBytes);
  int code = derive(key, salt, kSealUse, derived.bytes());
  if (code == 0) code = cipher.set_key(derived);
  if (code != 0) return failed("prepare a key", code);
  return {};
}

Result<std::string> random_text(std::size_t size) {
  std::string text(size, '\0');
  if (system_random(nullptr, out(text), size) != 0) {
    return Error{Code::kInternal, "the system gives no random bytes"};
  }
  return text;
}

bool is_whole(const Sealed& sealed) noexcept {
  return sealed.salt.size() == kSaltBytes && sealed.nonce.size() == kNonceBytes &&
         sealed.tag.size() == kTagBytes;
}

}  // namespace

std::string key_id(const SecretBytes& key) {
  std::array<unsigned char, kIdBytes> id{};
  derive(key, {}, kIdUse, id);
  return hex_encode({reinterpret_cast<const char*>(id.data()), id.size()});
}

Result<Sealed> seal(const SecretBytes& key, std::string_view plain, BoundTo bound_to) {
  auto salt = random_text(kSaltBytes);
  if (!salt) return salt.error();
  auto nonce = random_text(kNonceBytes);
  if (!nonce) return nonce.error();
  return seal_with(key, plain, bound_to, {std::move(*salt), std::move(*nonce), "", ""});
}

Result<Sealed> seal_with(const SecretBytes& key, std::string_view plain, BoundTo bound_to,
                         Sealed with) {
  Cipher cipher;
  if (auto ready = prepare(cipher, key, with.salt); !ready) return ready.error();
  const std::string bound = joined(bound_to);
  with.ciphertext.assign(plain.size(), '\0');
  with.tag.assign(kTagBytes, '\0');
  const int code = mbedtls_gcm_crypt_and_tag(
      cipher.get(), MBEDTLS_GCM_ENCRYPT, plain.size(), in(with.nonce), with.nonce.size(), in(bound),
      bound.size(), in(plain), out(with.ciphertext), kTagBytes, out(with.tag));
  if (code != 0) return failed("seal", code);
  return with;
}

Result<SecretBytes> open(const SecretBytes& key, const Sealed& sealed, BoundTo bound_to) {
  const Error changed{Code::kDataLoss, "it was damaged or changed, or sealed under another key"};
  if (!is_whole(sealed)) return changed;
  Cipher cipher;
  if (auto ready = prepare(cipher, key, sealed.salt); !ready) return ready.error();
  const std::string bound = joined(bound_to);
  SecretBytes plain(sealed.ciphertext.size());
  const int code = mbedtls_gcm_auth_decrypt(
      cipher.get(), plain.size(), in(sealed.nonce), sealed.nonce.size(), in(bound), bound.size(),
      in(sealed.tag), kTagBytes, in(sealed.ciphertext), plain.bytes().data());
  if (code == MBEDTLS_ERR_GCM_AUTH_FAILED) return changed;
  if (code != 0) return failed("open", code);
  return plain;
}

}  // namespace edge::tls
