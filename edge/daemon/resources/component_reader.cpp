#include <algorithm>
#include <array>

#include "edge/base/log.h"
#include "edge/base/strings.h"
#include "edge/daemon/resources/readers.h"
#include "edge/daemon/resources/value_reader.h"

namespace edge::daemon {
namespace {

std::vector<NamedValue> read_named_values(Fields& spec, std::string_view list) {
  std::vector<NamedValue> out;
  spec.each(list, [&](Fields& item) {
    NamedValue entry;
    item.require("name", entry.name, "name the item");
    entry.value = read_value(item, Origin::kDapr);
    if (!entry.name.empty()) entry.value.field = spec.path(list) + "[" + entry.name + "]";
    out.push_back(std::move(entry));
  });
  return out;
}

std::optional<Value> read_pem(Fields& tls, std::string_view name) {
  Fields fields = tls.map(name);
  if (!fields.is_present()) return std::nullopt;
  return read_value(fields, Origin::kDapr);
}

std::string read_secret_store(Document& document, const std::vector<const Value*>& values) {
  std::string store;
  Fields auth = document.root.map("auth");
  auth.read("secretStore", store);
  for (const Value* value : values) {
    if (value->from != Value::From::kSecret || !store.empty()) continue;
    document.root.problem("auth.secretStore", "missing, and " + value->field +
                                                  " refers to a secret; name the secret store");
    break;
  }
  return store;
}

void check_type(Fields& spec, const std::string& type) {
  const std::size_t dot = type.find('.');
  const bool fits = dot != std::string::npos && dot > 0 && dot + 1 < type.size();
  if (fits || type.empty()) return;
  spec.problem("type", "expected <category>.<implementation>, got " + in_quotes(type) +
                           "; write one such as state.sqlite");
}

// TLS connections of the hub never negotiate anew, as those of TLS 1.3 cannot.
void check_renegotiation(const Document& document, Fields& tls) {
  constexpr std::array<std::string_view, 3> kKnown = {"Never", "OnceAsClient", "FreelyAsClient"};
  std::string text;
  if (!tls.read("renegotiation", text) || text.empty() || text == kKnown.front()) return;
  if (std::ranges::find(kKnown, text) == kKnown.end()) {
    tls.problem("renegotiation", "expected Never, OnceAsClient or FreelyAsClient, got " +
                                     in_quotes(text) + "; choose one of them");
    return;
  }
  log::warn("edge.resources", "renegotiation is not offered; it is taken as Never",
            {{"name", document.name}, {"at", to_text(document.source())}});
}

void check_base_url(Fields& spec, const std::string& url) {
  const bool http = starts_with_ignoring_case(url, "http://");
  const bool https = starts_with_ignoring_case(url, "https://");
  if (url.empty() || ((http || https) && url.size() > url.find("//") + 2)) return;
  spec.problem("baseUrl", "expected a URL that begins with http:// or https://, got " +
                              in_quotes(url) + "; write one such as https://api.example.com");
}

}  // namespace

std::vector<std::pair<std::string, std::string>> properties(const Component& component) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const NamedValue& item : component.metadata) out.emplace_back(item.name, item.value.text);
  return out;
}

Component read_component(Document& document) {
  Component component;
  component.name = required_name(document);
  component.name_space = document.name_space;
  component.source = document.source();
  component.fingerprint = document.root.fingerprint();
  Fields spec = document.root.map("spec", Need::kRequired);
  spec.require("type", component.type, "name the component's type, such as state.sqlite");
  check_type(spec, component.type);
  spec.read("version", component.version);
  spec.read("initTimeout", component.init_timeout);
  spec.read("ignoreErrors", component.ignore_errors);
  component.metadata = read_named_values(spec, "metadata");
  warn_of_unknown(document, spec);
  document.root.read("scopes", component.scopes);
  std::vector<const Value*> values;
  for (const NamedValue& item : component.metadata) values.push_back(&item.value);
  component.secret_store = read_secret_store(document, values);
  return component;
}

HttpEndpoint read_http_endpoint(Document& document) {
  HttpEndpoint endpoint;
  endpoint.name = required_name(document);
  endpoint.name_space = document.name_space;
  endpoint.source = document.source();
  Fields spec = document.root.map("spec", Need::kRequired);
  spec.require("baseUrl", endpoint.base_url, "write the URL that the endpoint stands for");
  check_base_url(spec, endpoint.base_url);
  endpoint.headers = read_named_values(spec, "headers");
  Fields tls = spec.map("clientTLS");
  endpoint.root_ca = read_pem(tls, "rootCA");
  endpoint.certificate = read_pem(tls, "certificate");
  endpoint.private_key = read_pem(tls, "privateKey");
  check_renegotiation(document, tls);
  warn_of_unknown(document, spec);
  document.root.read("scopes", endpoint.scopes);
  std::vector<const Value*> values;
  for (const NamedValue& header : endpoint.headers) values.push_back(&header.value);
  for (const auto* pem : {&endpoint.root_ca, &endpoint.certificate, &endpoint.private_key}) {
    if (*pem) values.push_back(&**pem);
  }
  endpoint.secret_store = read_secret_store(document, values);
  return endpoint;
}

}  // namespace edge::daemon
