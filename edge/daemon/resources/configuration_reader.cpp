#include <array>
#include <set>

#include "edge/base/log.h"
#include "edge/base/strings.h"
#include "edge/daemon/resources/readers.h"

namespace edge::daemon {
namespace {

// Fields of Dapr that nothing here uses yet.
constexpr std::array<std::string_view, 8> kNotUsedYet = {
    "httpPipeline", "appHttpPipeline", "tracing", "metric", "metrics", "mtls", "wasm", "workflow"};

void read_access(Fields& fields, std::string_view name, Access& target) {
  std::string text;
  if (!fields.read(name, text) || text.empty()) return;
  if (equals_ignoring_case(text, "allow")) {
    target = Access::kAllow;
  } else if (equals_ignoring_case(text, "deny")) {
    target = Access::kDeny;
  } else {
    fields.problem(name, "expected allow or deny, got " + in_quotes(text) + "; choose one of them");
  }
}

AccessPolicy read_policy(Fields& fields) {
  AccessPolicy policy;
  fields.require("appId", policy.app_id, "name the calling app");
  fields.require("trustDomain", policy.trust_domain, "name the caller's trust domain, or public");
  fields.require("namespace", policy.name_space, "name the caller's namespace, or default");
  read_access(fields, "defaultAction", policy.default_action);
  fields.each("operations", [&](Fields& item) {
    AccessOperation operation;
    item.require("name", operation.name, "write the path, such as /orders/*");
    item.read("httpVerb", operation.verbs);
    read_access(item, "action", operation.action);
    policy.operations.push_back(std::move(operation));
  });
  return policy;
}

void read_access_control(Fields fields, std::optional<AccessControl>& target) {
  if (!fields.is_present()) return;
  if (!target) target.emplace();
  read_access(fields, "defaultAction", target->default_action);
  fields.read("trustDomain", target->trust_domain);
  if (fields.has("policies")) target->policies.clear();
  fields.each("policies", [&](Fields& item) { target->policies.push_back(read_policy(item)); });
}

void read_secret_scopes(Fields fields, std::vector<SecretScope>& target) {
  if (fields.has("scopes")) target.clear();
  std::set<std::string> stores;
  fields.each("scopes", [&](Fields& item) {
    SecretScope scope;
    item.require("storeName", scope.store, "name the secret store");
    read_access(item, "defaultAccess", scope.default_access);
    item.read("allowedSecrets", scope.allowed);
    item.read("deniedSecrets", scope.denied);
    if (!scope.store.empty() && !stores.insert(scope.store).second) {
      item.problem("storeName", in_quotes(scope.store) + " has a scope already; join the two");
    }
    target.push_back(std::move(scope));
  });
}

void read_api_rules(Fields& fields, std::string_view name, std::vector<ApiRule>& target) {
  if (fields.has(name)) target.clear();
  fields.each(name, [&](Fields& item) {
    ApiRule rule;
    item.require("name", rule.name, "name the API, such as state");
    item.require("version", rule.version, "write the API's version, such as v1");
    item.require("protocol", rule.protocol, "write http or grpc");
    rule.protocol = to_lower(rule.protocol);
    if (!rule.protocol.empty() && rule.protocol != "http" && rule.protocol != "grpc") {
      item.problem("protocol", "expected http or grpc, got " + in_quotes(rule.protocol) +
                                   "; choose one of them");
    }
    target.push_back(std::move(rule));
  });
}

void read_name_resolution(Fields fields, std::optional<NameResolution>& target) {
  if (!fields.is_present()) return;
  if (!target) target.emplace();
  fields.read("component", target->component);
  fields.read("version", target->version);
  const yaml::Node* raw = fields.find("configuration");
  if (raw != nullptr) target->configuration = yaml::to_json_text(*raw);
}

// Text in Dapr: what is no number is its smallest rate, one in ten thousand.
void read_sampling(Fields tracing, std::optional<double>& target) {
  std::string text;
  if (!tracing.read("samplingRate", text)) return;
  constexpr double kFallback = 0.0001;
  const double rate = parse_double(text).value_or(kFallback);
  target = rate >= 0 && rate <= 1 ? rate : kFallback;
}

void read_features(Fields& spec, std::vector<Feature>& target) {
  if (spec.has("features")) target.clear();
  spec.each("features", [&](Fields& item) {
    Feature feature;
    item.require("name", feature.name, "name the feature");
    item.read("enabled", feature.enabled);
    target.push_back(std::move(feature));
  });
}

void warn_of_not_used(const Document& document, Fields& spec) {
  std::string names;
  for (const std::string_view name : kNotUsedYet) {
    if (spec.has(name)) names += (names.empty() ? "" : ", ") + spec.path(name);
  }
  if (names.empty()) return;
  log::warn("edge.resources", "configuration that this version does not use yet",
            {{"fields", names}, {"at", to_text(document.source())}});
}

}  // namespace

void read_configuration(Document& document, Configuration& target) {
  target.sources.push_back(document.source());
  Fields spec = document.root.map("spec");
  read_access_control(spec.map("accessControl"), target.access_control);
  read_secret_scopes(spec.map("secrets"), target.secret_scopes);
  read_features(spec, target.features);
  Fields api = spec.map("api");
  read_api_rules(api, "allowed", target.api_allowed);
  read_api_rules(api, "denied", target.api_denied);
  spec.map("components").read("deny", target.denied_components);
  Fields logging = spec.map("logging").map("apiLogging");
  logging.read("enabled", target.api_logging.enabled);
  logging.read("obfuscateURLs", target.api_logging.obfuscate_urls);
  logging.read("omitHealthChecks", target.api_logging.omit_health_checks);
  read_name_resolution(spec.map("nameResolution"), target.name_resolution);
  read_sampling(spec.map("tracing"), target.sampling_rate);
  warn_of_not_used(document, spec);
  warn_of_unknown(document, spec);
}

}  // namespace edge::daemon
