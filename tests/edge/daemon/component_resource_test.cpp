#include <gtest/gtest.h>

#include "edge/daemon/resources/component.h"
#include "tests/edge/daemon/resources_support.h"

namespace edge::daemon {
namespace {

using namespace std::chrono_literals;

std::string component_with(std::string_view rest) {
  return "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {name: store}\n" +
         std::string(rest);
}

std::string endpoint_with(std::string_view rest) {
  return "apiVersion: dapr.io/v1alpha1\nkind: HTTPEndpoint\nmetadata: {name: api}\n" +
         std::string(rest);
}

TEST(ComponentResource, EveryFieldIsRead) {
  const auto resources = read_text(R"(apiVersion: dapr.io/v1alpha1
kind: Component
metadata: {name: store, namespace: home}
spec:
  type: state.redis
  version: v1
  initTimeout: 1m30s
  ignoreErrors: true
  metadata:
  - {name: redisHost, value: localhost:6379}
  - name: redisPassword
    secretKeyRef: {name: redis, key: password}
  - {name: user, secretKeyRef: {name: redis}}
  - {name: home, envRef: HOME}
  - {name: both, value: text, envRef: HOME}
  - {name: nothing}
auth: {secretStore: vault}
scopes: [app1, app2]
)");
  ASSERT_TRUE(resources) << resources.error().message;
  const Component& component = resources->components.at(0);
  EXPECT_EQ(component.name, "store");
  EXPECT_EQ(component.name_space, "home");
  EXPECT_EQ(component.type, "state.redis");
  EXPECT_EQ(component.version, "v1");
  EXPECT_EQ(component.init_timeout, Duration(90s));
  EXPECT_TRUE(component.ignore_errors);
  EXPECT_EQ(component.secret_store, "vault");
  EXPECT_EQ(component.scopes, (std::vector<std::string>{"app1", "app2"}));
  ASSERT_EQ(component.metadata.size(), 6u);
  EXPECT_EQ(component.metadata[0].value.text, "localhost:6379");
  const Value& password = component.metadata[1].value;
  EXPECT_EQ(password.from, Value::From::kSecret);
  EXPECT_EQ(password.secret, "redis");
  EXPECT_EQ(password.key, "password");
  EXPECT_EQ(password.field, "spec.metadata[redisPassword]");
  EXPECT_EQ(password.source.line, 11);
  EXPECT_FALSE(password.resolved);
  EXPECT_EQ(component.metadata[2].value.key, "redis");
  EXPECT_EQ(component.metadata[3].value.variable, "HOME");
  EXPECT_EQ(component.metadata[4].value.from, Value::From::kText);
  EXPECT_EQ(component.metadata[5].value.text, "");
  EXPECT_EQ(properties(component)[0],
            (std::pair<std::string, std::string>{"redisHost", "localhost:6379"}));
}

TEST(ComponentResource, DefaultsAreDaprs) {
  const auto resources = read_text(component_with("spec: {type: state.sqlite}\n"));
  ASSERT_TRUE(resources) << resources.error().message;
  const Component& component = resources->components.at(0);
  EXPECT_EQ(component.version, "");
  EXPECT_EQ(component.init_timeout, Duration(5s));
  EXPECT_FALSE(component.ignore_errors);
  EXPECT_TRUE(component.scopes.empty());
}

TEST(ComponentResource, ValuesThatAreNoStringsBecomeTheirJsonText) {
  const auto resources = read_text(component_with(R"(spec:
  type: state.x
  metadata:
  - {name: a, value: 12}
  - {name: b, value: yes}
  - {name: c, value: {k: [1, two]}}
  - {name: d, value: "007"}
  - {name: e, value: 1.50}
  - {name: f, value: }
  - name: g
    value: |
      two
      lines
)"));
  ASSERT_TRUE(resources) << resources.error().message;
  std::vector<std::string> texts;
  for (const auto& [name, text] : properties(resources->components[0])) texts.push_back(text);
  EXPECT_EQ(texts, (std::vector<std::string>{"12", "true", R"({"k":[1,"two"]})", "007", "1.5", "",
                                             "two\nlines\n"}));
}

TEST(ComponentResource, EveryFaultNamesItsPlaceAndTheRemedy) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", "a.yaml:1: spec: missing; add it with its fields below"},
      {"spec: {}\n",
       "a.yaml:4: spec.type: missing; name the component's type, such as state.sqlite"},
      {"spec: [x]\n",
       "a.yaml:4: spec: expected a map, got a list; write lines of the form name: value"},
      {"spec: {type: redis}\n",
       "a.yaml:4: spec.type: expected <category>.<implementation>, got \"redis\"; write one such "
       "as "
       "state.sqlite"},
      {"spec:\n  type: a.b\n  initTimeout: -1s\n",
       "a.yaml:6: spec.initTimeout: expected a duration over 0, got \"-1s\"; write one such as 5s, "
       "500ms or 1m30s"},
      {"spec:\n  type: a.b\n  ignoreErrors: 3\n",
       "a.yaml:6: spec.ignoreErrors: expected true or false, got \"3\""},
      {"spec:\n  type: a.b\n  metadata: {a: b}\n",
       "a.yaml:6: spec.metadata: expected a list, got a map; begin each item with a dash"},
      {"spec:\n  type: a.b\n  metadata:\n  - x\n",
       "a.yaml:7: spec.metadata[0]: expected a map, got text; write lines of the form name: value"},
      {"spec:\n  type: a.b\n  metadata:\n  - value: x\n",
       "a.yaml:7: spec.metadata[0].name: missing; name the item"},
      {"spec:\n  type: a.b\n  metadata:\n  - {name: p, secretKeyRef: {key: k}}\nauth: "
       "{secretStore: s}\n",
       "a.yaml:7: spec.metadata[0].secretKeyRef.name: missing; name the secret"},
      {"spec:\n  type: a.b\n  metadata:\n  - {name: p, secretKeyRef: {name: k}}\n",
       "a.yaml:1: auth.secretStore: missing, and spec.metadata[p] refers to a secret; name the "
       "secret store"},
      {"spec:\n  type: a.b\n  metadata:\n  - {name: p, envRef: ''}\n",
       "a.yaml:7: spec.metadata[0].envRef: empty; name the environment variable"},
      {"spec: {type: a.b}\nscopes: app1\n",
       "a.yaml:5: scopes: expected a list of texts; write it as [one, two]"},
  };
  for (const auto& [rest, message] : rows)
    EXPECT_EQ(fault_of(component_with(rest)), message) << rest;
}

TEST(ComponentResource, TheNameIsAPathSegment) {
  const auto fault = [](std::string_view name) {
    return fault_of("apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {name: " +
                    std::string(name) + "}\nspec: {type: a.b}\n");
  };
  for (const auto* name : {"a/b", "a%b", "..", "\"a\\tb\""}) {
    EXPECT_NE(
        fault(name).find("a.yaml:3: metadata.name: expected a name that fits into a URL path"),
        std::string::npos)
        << name;
  }
  EXPECT_EQ(fault("a.b c"), "");
}

TEST(ComponentResource, FaultsNeverShowValues) {
  const std::string faults = fault_of(component_with(R"(spec:
  type: x
  metadata:
  - {name: a, value: hunter2, secretKeyRef: {key: hunter2}, envRef: hunter2}
  - {value: hunter2}
  - hunter2
)"));
  EXPECT_NE(faults, "");
  EXPECT_EQ(faults.find("hunter2"), std::string::npos) << faults;
}

TEST(ComponentResource, FieldsThatNobodyKnowsAreIgnoredWithAWarning) {
  const LogCapture log;
  EXPECT_EQ(fault_of(component_with("spec:\n  type: a.b\n  verison: v1\nother: 1\n")), "");
  EXPECT_EQ(log.lines_with("spec.verison; did you mean version?"), 1) << log.text();
}

TEST(ComponentResource, NamesAreUniqueAcrossFiles) {
  const std::string text = component_with("spec: {type: a.b}\n");
  const auto twice =
      read_resources({{.name = "a.yaml", .text = text}, {.name = "b.yaml", .text = text}}, {});
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().message,
            "b.yaml:1: metadata.name: the component \"store\" is defined already at a.yaml:1; give "
            "each its own");
}

TEST(ComponentResource, ResourcesOfOtherNamespacesAreLeftOut) {
  const std::string text =
      "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {name: s, namespace: one}\nspec: "
      "{type: a.b}\n---\n" +
      component_with("spec: {type: a.b}\n");
  LoadRequest request;
  request.name_space = "two";
  EXPECT_EQ(read_text(text, request)->components.size(), 1u);
  request.name_space = "one";
  EXPECT_EQ(read_text(text, request)->components.size(), 2u);
  EXPECT_EQ(read_text(text)->components.size(), 2u);
}

TEST(HttpEndpointResource, EveryFieldIsRead) {
  const auto resources = read_text(endpoint_with(R"(spec:
  baseUrl: https://api.example.com
  headers:
  - {name: X-Plain, value: one}
  - {name: Authorization, secretKeyRef: {name: api, key: token}}
  - {name: X-Host, envRef: HOSTNAME}
  clientTLS:
    rootCA: {value: PEM}
    certificate: {secretKeyRef: {name: tls, key: cert}}
    privateKey: {secretKeyRef: {name: tls, key: key}}
    renegotiation: OnceAsClient
auth: {secretStore: vault}
scopes: [lamp]
)"));
  ASSERT_TRUE(resources) << resources.error().message;
  const HttpEndpoint& endpoint = resources->http_endpoints.at(0);
  EXPECT_EQ(endpoint.name, "api");
  EXPECT_EQ(endpoint.base_url, "https://api.example.com");
  ASSERT_EQ(endpoint.headers.size(), 3u);
  EXPECT_EQ(endpoint.headers[0].value.text, "one");
  EXPECT_EQ(endpoint.headers[1].value.key, "token");
  EXPECT_EQ(endpoint.headers[2].value.variable, "HOSTNAME");
  EXPECT_EQ(endpoint.root_ca->text, "PEM");
  EXPECT_EQ(endpoint.certificate->field, "spec.clientTLS.certificate");
  EXPECT_EQ(endpoint.private_key->key, "key");
  EXPECT_EQ(endpoint.secret_store, "vault");
  EXPECT_EQ(endpoint.scopes, std::vector<std::string>{"lamp"});
}

TEST(HttpEndpointResource, RenegotiationThatIsNotOfferedIsNoted) {
  for (const auto& [kind, notes] : {std::pair("Never", 0), {"''", 0}, {"FreelyAsClient", 1}}) {
    const LogCapture log;
    const auto resources = read_text(endpoint_with(
        "spec:\n  baseUrl: http://x\n  clientTLS: {renegotiation: " + std::string(kind) + "}\n"));
    ASSERT_TRUE(resources) << resources.error().message;
    EXPECT_EQ(log.lines_with("renegotiation is not offered"), notes) << kind;
  }
}

TEST(HttpEndpointResource, EveryFaultNamesItsPlaceAndTheRemedy) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"spec: {}\n", "a.yaml:4: spec.baseUrl: missing; write the URL that the endpoint stands for"},
      {"spec: {baseUrl: 'https://'}\n",
       "a.yaml:4: spec.baseUrl: expected a URL that begins with http:// or https://, got "
       "\"https://\"; write one such as https://api.example.com"},
      {"spec: {baseUrl: ftp://x}\n",
       "a.yaml:4: spec.baseUrl: expected a URL that begins with http:// or https://, got "
       "\"ftp://x\"; write one such as https://api.example.com"},
      {"spec:\n  baseUrl: http://x\n  clientTLS: {renegotiation: Sometimes}\n",
       "a.yaml:6: spec.clientTLS.renegotiation: expected Never, OnceAsClient or FreelyAsClient, "
       "got "
       "\"Sometimes\"; choose one of them"},
      {"spec:\n  baseUrl: http://x\n  clientTLS: {privateKey: hunter2}\n",
       "a.yaml:6: spec.clientTLS.privateKey: expected a map, got text; write lines of the form "
       "name: value"},
      {"spec:\n  baseUrl: http://x\n  clientTLS: {privateKey: {secretKeyRef: {name: k}}}\n",
       "a.yaml:1: auth.secretStore: missing, and spec.clientTLS.privateKey refers to a secret; "
       "name "
       "the secret store"},
  };
  for (const auto& [rest, message] : rows)
    EXPECT_EQ(fault_of(endpoint_with(rest)), message) << rest;
  const std::string twice = endpoint_with("spec: {baseUrl: http://x}\n");
  EXPECT_EQ(fault_of(twice + "---\n" + twice),
            "a.yaml:6: metadata.name: the HTTP endpoint \"api\" is defined already at a.yaml:1; "
            "give each its own");
}

}  // namespace
}  // namespace edge::daemon
