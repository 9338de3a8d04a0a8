#include <gtest/gtest.h>

#include "edge/daemon/resources/configuration.h"
#include "tests/edge/daemon/resources_support.h"

namespace edge::daemon {
namespace {

std::string configuration_with(std::string_view spec) {
  return "apiVersion: dapr.io/v1alpha1\nkind: Configuration\nmetadata: {name: c}\nspec:\n" +
         std::string(spec);
}

TextFile config_file(std::string_view text) {
  return {.name = "config.yaml", .text = std::string(text), .role = Role::kConfiguration};
}

// `spec` begins in line 5.
std::string fault_with(std::string_view spec) {
  const auto read = read_resources({config_file(configuration_with(spec))}, {});
  return read ? "" : read.error().message;
}

TEST(ConfigurationResource, EveryFieldIsRead) {
  const auto resources = read_resources({config_file(configuration_with(R"(  accessControl:
    defaultAction: deny
    trustDomain: public
    policies:
    - appId: caller
      trustDomain: public
      namespace: default
      defaultAction: Allow
      operations:
      - {name: /orders/*, httpVerb: [GET, POST], action: deny}
  secrets:
    scopes:
    - {storeName: vault, defaultAccess: deny, allowedSecrets: [a], deniedSecrets: [b, c]}
    - {storeName: local}
  features:
  - {name: HotReload, enabled: false}
  api:
    allowed: [{name: state, version: v1, protocol: HTTP}]
    denied: [{name: invoke, version: v1.0, protocol: grpc}]
  components: {deny: [state.redis, pubsub.kafka/v1]}
  logging: {apiLogging: {enabled: true, obfuscateURLs: true, omitHealthChecks: true}}
  nameResolution: {component: consul, version: v1, configuration: {selfRegister: true, tags: [a]}}
  tracing: {samplingRate: "0.5"}
)"))},
                                        {});
  ASSERT_TRUE(resources) << resources.error().message;
  const Configuration& read = resources->configuration;
  ASSERT_TRUE(read.access_control);
  EXPECT_EQ(read.access_control->default_action, Access::kDeny);
  EXPECT_EQ(read.access_control->trust_domain, "public");
  const AccessPolicy& policy = read.access_control->policies.at(0);
  EXPECT_EQ(policy.app_id, "caller");
  EXPECT_EQ(policy.name_space, "default");
  EXPECT_EQ(policy.default_action, Access::kAllow);
  EXPECT_EQ(policy.operations.at(0).name, "/orders/*");
  EXPECT_EQ(policy.operations[0].verbs, (std::vector<std::string>{"GET", "POST"}));
  EXPECT_EQ(policy.operations[0].action, Access::kDeny);
  ASSERT_EQ(read.secret_scopes.size(), 2u);
  EXPECT_EQ(read.secret_scopes[0].store, "vault");
  EXPECT_EQ(read.secret_scopes[0].default_access, Access::kDeny);
  EXPECT_EQ(read.secret_scopes[0].allowed, std::vector<std::string>{"a"});
  EXPECT_EQ(read.secret_scopes[0].denied, (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(read.secret_scopes[1].default_access, Access::kAllow);
  EXPECT_EQ(read.features.at(0).name, "HotReload");
  EXPECT_FALSE(read.features[0].enabled);
  EXPECT_EQ(read.api_allowed.at(0).protocol, "http");
  EXPECT_EQ(read.api_denied.at(0).version, "v1.0");
  EXPECT_EQ(read.denied_components, (std::vector<std::string>{"state.redis", "pubsub.kafka/v1"}));
  EXPECT_EQ(read.api_logging.enabled, true);
  EXPECT_TRUE(read.api_logging.obfuscate_urls);
  EXPECT_TRUE(read.api_logging.omit_health_checks);
  EXPECT_EQ(read.name_resolution->component, "consul");
  EXPECT_EQ(read.name_resolution->configuration, R"({"selfRegister":true,"tags":["a"]})");
  EXPECT_EQ(read.sampling_rate, 0.5);
}

TEST(ConfigurationResource, LaterFilesWinFieldByField) {
  const auto resources = read_resources(
      {config_file(configuration_with("  accessControl: {defaultAction: deny, trustDomain: one}\n"
                                      "  logging: {apiLogging: {enabled: true}}\n"
                                      "  features: [{name: A, enabled: true}]\n")),
       config_file(configuration_with("  accessControl: {trustDomain: two}\n"
                                      "  features: [{name: B, enabled: true}]\n"))},
      {});
  ASSERT_TRUE(resources) << resources.error().message;
  const Configuration& read = resources->configuration;
  EXPECT_EQ(read.access_control->default_action, Access::kDeny);
  EXPECT_EQ(read.access_control->trust_domain, "two");
  EXPECT_EQ(read.api_logging.enabled, true);
  ASSERT_EQ(read.features.size(), 1u);
  EXPECT_EQ(read.features[0].name, "B");
  EXPECT_EQ(read.sources.size(), 2u);
}

TEST(ConfigurationResource, WithoutOneEverythingIsUnset) {
  const auto resources = read_resources({}, {});
  ASSERT_TRUE(resources);
  EXPECT_FALSE(resources->configuration.access_control);
  EXPECT_FALSE(resources->configuration.api_logging.enabled);
  EXPECT_FALSE(resources->configuration.sampling_rate);
  EXPECT_TRUE(resources->configuration.sources.empty());
}

TEST(ConfigurationResource, VariablesAreExpandedInTheTextOfAConfigFile) {
  LoadRequest request;
  request.environment = environment_of({{"DOMAIN", "home"}, {"BLOCK", "features:\n  - {name: F}"}});
  const auto resources = read_resources(
      {config_file(configuration_with("  accessControl: {trustDomain: ${DOMAIN}}\n  $BLOCK\n"))},
      request);
  ASSERT_TRUE(resources) << resources.error().message;
  EXPECT_EQ(resources->configuration.access_control->trust_domain, "home");
  EXPECT_EQ(resources->configuration.features.at(0).name, "F");
}

TEST(ConfigurationResource, AnExpandedConfigFileIsCheckedAgain) {
  LoadRequest request;
  request.environment = environment_of({{"LONG", std::string(600'000, 'x')}, {"BAD", "\x01"}});
  const auto too_long = read_resources({config_file("a: $LONG$LONG")}, request);
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().message,
            "config.yaml: too long once its $variables are replaced; shorten the file or the "
            "variables");
  const auto control = read_resources({config_file("a: b\nc: $BAD")}, request);
  ASSERT_FALSE(control);
  EXPECT_EQ(control.error().message, "config.yaml:2: holds the control character 0x01; remove it");
}

TEST(ConfigurationResource, AConfigFileNeedsNoKind) {
  const auto resources =
      read_resources({config_file("spec:\n  features: [{name: F, enabled: true}]\n")}, {});
  ASSERT_TRUE(resources) << resources.error().message;
  EXPECT_TRUE(resources->configuration.features.at(0).enabled);
}

TEST(ConfigurationResource, OtherKindsInAConfigFileAreIgnored) {
  const LogCapture log;
  const auto resources = read_resources({config_file("kind: Component\n")}, {});
  ASSERT_TRUE(resources);
  EXPECT_TRUE(resources->components.empty());
  EXPECT_EQ(log.lines_with("no Configuration is ignored in a configuration file"), 1);
}

TEST(ConfigurationResource, AConfigFileThatIsNoYamlIsAFault) {
  const auto resources = read_resources({config_file("apiVersion: dapr.io/v1alpha1\na: @b\n")}, {});
  ASSERT_FALSE(resources);
  EXPECT_EQ(resources.error().message,
            "config.yaml:2: a value cannot begin with this character; put the value in quotes");
}

TEST(ConfigurationResource, AmongOtherResourcesOnlyAHubReadsIt) {
  const LogCapture log;
  const std::string text = configuration_with("  accessControl: {trustDomain: $DOMAIN}\n");
  LoadRequest request;
  request.environment = environment_of({{"DOMAIN", "home"}});
  EXPECT_FALSE(read_text(text, request)->configuration.access_control);
  EXPECT_EQ(log.lines_with("name its file by --config"), 1);
  request.configurations = ConfigurationDocuments::kRead;
  EXPECT_EQ(read_text(text, request)->configuration.access_control->trust_domain, "home");
  request.environment = environment_of({{"DOMAIN", std::string(kMaxFileBytes + 1, 'x')}});
  EXPECT_EQ(fault_of(text, request), "a.yaml:1: too long once its $variables are replaced");
}

TEST(ConfigurationResource, SamplingRatesThatAreNoneAreTheSmallest) {
  const auto rate = [](std::string_view text) {
    return *read_resources({config_file(configuration_with(
                               "  tracing: {samplingRate: " + std::string(text) + "}\n"))},
                           {})
                ->configuration.sampling_rate;
  };
  EXPECT_EQ(rate("\"1\""), 1.0);
  EXPECT_EQ(rate("0"), 0.0);
  EXPECT_EQ(rate("\"\""), 0.0001);
  EXPECT_EQ(rate("often"), 0.0001);
  EXPECT_EQ(rate("2"), 0.0001);
}

TEST(ConfigurationResource, FieldsWithoutEffectAreNamedInOneWarning) {
  const LogCapture log;
  EXPECT_EQ(fault_with("  mtls: {enabled: true}\n  metric: {enabled: true}\n  featres: []\n"), "");
  EXPECT_EQ(log.lines_with("does not use yet"), 1) << log.text();
  EXPECT_EQ(log.lines_with("spec.metric, spec.mtls"), 1) << log.text();
  EXPECT_EQ(log.lines_with("spec.featres; did you mean features?"), 1) << log.text();
}

TEST(ConfigurationResource, EveryFaultNamesItsPlaceAndTheRemedy) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"  accessControl: {defaultAction: maybe}\n",
       "config.yaml:5: spec.accessControl.defaultAction: expected allow or deny, got \"maybe\"; "
       "choose one of them"},
      {"  accessControl:\n    policies:\n    - {trustDomain: t, namespace: n}\n",
       "config.yaml:7: spec.accessControl.policies[0].appId: missing; name the calling app"},
      {"  accessControl:\n    policies:\n    - {appId: a, namespace: n}\n",
       "config.yaml:7: spec.accessControl.policies[0].trustDomain: missing; name the caller's "
       "trust "
       "domain, or public"},
      {"  accessControl:\n    policies:\n    - {appId: a, trustDomain: t}\n",
       "config.yaml:7: spec.accessControl.policies[0].namespace: missing; name the caller's "
       "namespace, or default"},
      {"  accessControl:\n    policies:\n    - {appId: a, trustDomain: t, namespace: n, "
       "operations: "
       "[{action: allow}]}\n",
       "config.yaml:7: spec.accessControl.policies[0].operations[0].name: missing; write the path, "
       "such as /orders/*"},
      {"  secrets: {scopes: [{defaultAccess: deny}]}\n",
       "config.yaml:5: spec.secrets.scopes[0].storeName: missing; name the secret store"},
      {"  secrets:\n    scopes:\n    - {storeName: s}\n    - {storeName: s}\n",
       "config.yaml:8: spec.secrets.scopes[1].storeName: \"s\" has a scope already; join the two"},
      {"  features: [{enabled: true}]\n",
       "config.yaml:5: spec.features[0].name: missing; name the feature"},
      {"  api: {denied: [{version: v1, protocol: http}]}\n",
       "config.yaml:5: spec.api.denied[0].name: missing; name the API, such as state"},
      {"  api: {denied: [{name: state, protocol: http}]}\n",
       "config.yaml:5: spec.api.denied[0].version: missing; write the API's version, such as v1"},
      {"  api: {allowed: [{name: state, version: v1}]}\n",
       "config.yaml:5: spec.api.allowed[0].protocol: missing; write http or grpc"},
      {"  api: {denied: [{name: state, version: v1, protocol: soap}]}\n",
       "config.yaml:5: spec.api.denied[0].protocol: expected http or grpc, got \"soap\"; choose "
       "one "
       "of them"},
      {"  components: {deny: x}\n",
       "config.yaml:5: spec.components.deny: expected a list of texts; write it as [one, two]"},
      {"  logging: {apiLogging: {enabled: 7}}\n",
       "config.yaml:5: spec.logging.apiLogging.enabled: expected true or false, got \"7\""},
  };
  for (const auto& [spec, message] : rows) EXPECT_EQ(fault_with(spec), message) << spec;
}

}  // namespace
}  // namespace edge::daemon
