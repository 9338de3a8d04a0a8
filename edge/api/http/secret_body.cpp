#include "edge/api/http/secret_body.h"

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/time.h"
#include "edge/net/tls/secret_bytes.h"
#include "edge/net/tls/wiped_json.h"

namespace edge::api {
namespace {

using Json = nlohmann::json;
using tls::WipedJson;

Json take(secrets::Secret& secret) {
  Json shown = Json::object();
  for (auto& [name, value] : secret) {
    shown[name] = value;
    tls::wipe(value);
  }
  secret.clear();
  return shown;
}

constexpr std::string_view kExpected =
    "expected {\"value\":\"text\"} or {\"values\":{\"name\":\"text\"}}";

blocks::ApiError malformed(std::string_view detail) {
  return blocks::malformed_request("failed deserializing HTTP body: " + std::string(detail));
}

blocks::ApiResult<secrets::Secret> read_values(const Json& values) {
  secrets::Secret secret;
  for (const auto& [name, value] : values.items()) {
    if (!value.is_string()) {
      return std::unexpected(malformed("the value \"" + name + "\" is no text"));
    }
    secret[name] = value.get_ref<const std::string&>();
  }
  return secret;
}

Json info_value(const secrets::SecretInfo& info) {
  return {{"name", info.name}, {"version", info.version}, {"changed", to_rfc3339(info.changed)}};
}

}  // namespace

blocks::ApiResult<secrets::Secret> parse_secret(std::string& body, const std::string& name) {
  auto parsed = parse_json(body);
  tls::wipe(body);
  if (!parsed) return std::unexpected(malformed(parsed.error().message));
  WipedJson document(std::move(*parsed));
  const Json* value = find_member(*document, "value");
  const Json* values = find_member(*document, "values");
  if ((value == nullptr) == (values == nullptr)) return std::unexpected(malformed(kExpected));
  if (values != nullptr) {
    if (!values->is_object()) return std::unexpected(malformed(kExpected));
    return read_values(*values);
  }
  if (!value->is_string()) return std::unexpected(malformed(kExpected));
  secrets::Secret secret;
  secret[name] = value->get_ref<const std::string&>();
  return secret;
}

std::string secret_json(secrets::Secret& secret) {
  WipedJson shown(take(secret));
  return dump_json(*shown);
}

std::string secrets_json(secrets::Secrets& all) {
  WipedJson shown(Json::object());
  for (auto& [name, secret] : all) (*shown)[name] = take(secret);
  return dump_json(*shown);
}

std::string named_secret_json(const std::string& name, secrets::Secret& secret) {
  WipedJson shown(Json::object());
  (*shown)["name"] = name;
  (*shown)["values"] = take(secret);
  return dump_json(*shown);
}

std::string info_json(const secrets::SecretInfo& info) {
  return dump_json(info_value(info));
}

std::string list_json(const std::vector<secrets::SecretInfo>& list) {
  Json shown = Json::array();
  for (const secrets::SecretInfo& info : list) shown.push_back(info_value(info));
  return dump_json({{"secrets", std::move(shown)}});
}

std::string key_change_json(const secrets::KeyChange& change) {
  return dump_json({{"keyId", change.key_id}, {"secrets", change.secrets}});
}

}  // namespace edge::api
