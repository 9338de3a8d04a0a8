#include "edge/net/tls/signed_json.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/strings.h"

namespace edge::tls {

bool is_signed(nlohmann::json object, const std::vector<VerifyKey>& keys) {
  const auto text = string_member(object, "sig");
  if (!text || !*text) return false;
  const auto signature = base64_decode(**text);
  if (!signature) return false;
  object.erase("sig");
  const std::string bytes = dump_json(object);
  return std::ranges::any_of(keys,
                             [&](const auto& key) { return key.has_signed(bytes, *signature); });
}

Result<std::vector<VerifyKey>> parse_verify_keys(const std::string& pem) {
  constexpr std::string_view kEnd = "-----END PUBLIC KEY-----";
  constexpr std::size_t kMostKeys = 8;
  std::vector<VerifyKey> keys;
  std::string_view rest = trim(pem);
  while (!rest.empty() || keys.empty()) {
    const auto end = rest.find(kEnd);
    const auto size = end == std::string_view::npos ? rest.size() : end + kEnd.size();
    auto key = VerifyKey::parse(std::string(rest.substr(0, size)));
    if (!key) return std::move(key).error();
    keys.push_back(std::move(*key));
    if (keys.size() > kMostKeys) {
      return Error{Code::kInvalidArgument, "these are more than 8 public keys"};
    }
    rest = trim(rest.substr(size));
  }
  return keys;
}

}  // namespace edge::tls
