#include "components/secretstores/secret_codec.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "edge/base/strings.h"

namespace edge::secrets {
namespace {

constexpr std::size_t kLengthBytes = 4;

Error not_possible(const std::string& what) {
  return {Code::kInvalidArgument, what};
}

std::size_t encoded_bytes(const Secret& secret) {
  std::size_t size = 0;
  for (const auto& [name, value] : secret) size += 2 * kLengthBytes + name.size() + value.size();
  return size;
}

unsigned char* put(unsigned char* out, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  for (int shift = 24; shift >= 0; shift -= 8) *out++ = static_cast<unsigned char>(size >> shift);
  return std::ranges::copy(text, out).out;
}

// Takes one text off; nothing where there is none.
std::optional<std::string_view> take(std::string_view& bytes) {
  if (bytes.size() < kLengthBytes) return std::nullopt;
  std::size_t size = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    size = size << 8 | static_cast<unsigned char>(bytes[i]);
  }
  bytes.remove_prefix(kLengthBytes);
  if (bytes.size() < size) return std::nullopt;
  const std::string_view text = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return text;
}

}  // namespace

Status check_secret(std::string_view name, const Secret& secret) {
  if (name.empty() || name.size() > kMaxNameBytes || !is_utf8(name)) {
    return not_possible("a secret's name is UTF-8 text of 1 to 255 bytes");
  }
  if (name == "bulk") {
    return not_possible("no secret can have the name \"bulk\", which asks for all of them");
  }
  if (secret.empty()) return not_possible("the secret \"" + std::string(name) + "\" has no value");
  if (secret.contains("")) {
    return not_possible("a value of the secret \"" + std::string(name) + "\" has no name");
  }
  if (encoded_bytes(secret) <= kMaxSecretBytes) return {};
  return not_possible("the secret \"" + std::string(name) + "\" is larger than 64 KiB");
}

tls::SecretBytes encode_secret(const Secret& secret) {
  tls::SecretBytes bytes(encoded_bytes(secret));
  unsigned char* out = bytes.bytes().data();
  for (const auto& [name, value] : secret) out = put(put(out, name), value);
  return bytes;
}

Result<Secret> decode_secret(std::string_view bytes) {
  Secret secret;
  while (!bytes.empty()) {
    const auto name = take(bytes);
    const auto value = name ? take(bytes) : std::nullopt;
    if (!value) return Error{Code::kDataLoss, "its values cannot be read"};
    secret.emplace(*name, *value);
  }
  return secret;
}

void wipe(Secret& secret) noexcept {
  for (auto& [name, value] : secret) tls::wipe(value);
  secret.clear();
}

void wipe(Secrets& secrets) noexcept {
  for (auto& [name, secret] : secrets) wipe(secret);
  secrets.clear();
}

}  // namespace edge::secrets
