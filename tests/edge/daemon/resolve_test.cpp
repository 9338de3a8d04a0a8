#include "edge/daemon/resources/resolve.h"

#include <gtest/gtest.h>

#include "tests/edge/daemon/resources_support.h"

namespace edge::daemon {
namespace {

constexpr std::string_view kComponent = R"(apiVersion: dapr.io/v1alpha1
kind: Component
metadata: {name: store}
spec:
  type: state.redis
  metadata:
  - {name: host, value: h}
  - {name: password, secretKeyRef: {name: redis, key: password}}
  - {name: user, secretKeyRef: {name: user}}
  - {name: home, envRef: HOME}
auth: {secretStore: vault}
)";

constexpr std::string_view kApp = R"(apiVersion: edgelane.dev/v1
kind: App
metadata: {name: lamp}
spec:
  api: {token: {envRef: LAMP_API}}
  appToken: {secretKeyRef: {name: lamp}}
auth: {secretStore: vault}
)";

constexpr std::string_view kEndpoint = R"(apiVersion: dapr.io/v1alpha1
kind: HTTPEndpoint
metadata: {name: api}
spec:
  baseUrl: http://x
  headers: [{name: X-Env, envRef: HOME}]
  clientTLS: {privateKey: {secretKeyRef: {name: tls, key: key}}}
auth: {secretStore: vault}
)";

std::string component_with_variable(std::string_view variable) {
  return "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {name: s}\nspec:\n  type: a.b\n"
         "  metadata: [{name: m, envRef: " +
         std::string(variable) + "}]\n";
}

Result<std::string> echo(std::string_view store, std::string_view name, std::string_view key) {
  return std::string(store) + "/" + std::string(name) + "/" + std::string(key);
}

TEST(ResolveEnv, FillsVariablesOfEveryKind) {
  auto resources = *read_text(std::string(kComponent) + "---\n" + std::string(kApp) + "---\n" +
                              std::string(kEndpoint));
  const Status done =
      resolve_env(resources, environment_of({{"HOME", "/home/me"}, {"LAMP_API", "t1"}}));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(properties(resources.components[0])[3].second, "/home/me");
  EXPECT_TRUE(resources.components[0].metadata[3].value.resolved);
  EXPECT_EQ(resources.apps[0].api_token->text, "t1");
  EXPECT_EQ(resources.http_endpoints[0].headers[0].value.text, "/home/me");
}

TEST(ResolveEnv, RefusedVariablesAreEmptyWithAWarning) {
  for (const auto* variable : {"DAPR_API_TOKEN", "dapr_x", "APP_API_TOKEN", "\"A B\""}) {
    const LogCapture log;
    auto resources = *read_text(component_with_variable(variable));
    ASSERT_TRUE(resolve_env(resources, [](const std::string& name) -> std::optional<std::string> {
      if (name == "DAPR_ENV_KEYS") return std::nullopt;
      return "hunter2";
    }));
    const Value& value = resources.components[0].metadata[0].value;
    EXPECT_EQ(value.text, "") << variable;
    EXPECT_TRUE(value.resolved);
    EXPECT_EQ(log.lines_with("an environment variable is refused and stays empty"), 1);
    EXPECT_EQ(log.lines_with("a.yaml:6"), 1) << log.text();
    EXPECT_EQ(log.lines_with("hunter2"), 0);
  }
}

TEST(ResolveEnv, OnlyListedVariablesWhereThereIsAList) {
  const EnvLookup environment =
      environment_of({{"DAPR_ENV_KEYS", "ONE TWO"}, {"ONE", "1"}, {"ONETWO", "2"}});
  auto listed = *read_text(component_with_variable("ONE"));
  ASSERT_TRUE(resolve_env(listed, environment));
  EXPECT_EQ(listed.components[0].metadata[0].value.text, "1");
  auto other = *read_text(component_with_variable("ONETWO"));
  ASSERT_TRUE(resolve_env(other, environment));
  EXPECT_EQ(other.components[0].metadata[0].value.text, "");
}

TEST(ResolveEnv, AComponentsVariableThatIsNotSetIsEmpty) {
  const LogCapture log;
  auto resources = *read_text(component_with_variable("NOT_SET"));
  EXPECT_TRUE(resolve_env(resources, environment_of({})));
  EXPECT_EQ(resources.components[0].metadata[0].value.text, "");
  EXPECT_EQ(log.text(), "");
}

TEST(ResolveEnv, AnAppsTokenMustNotBeMissing) {
  const auto fault = [](std::string_view variable, const EnvLookup& environment) {
    auto resources = *read_text(
        "apiVersion: edgelane.dev/v1\nkind: App\nmetadata: {name: lamp}\n"
        "spec:\n  appToken: {envRef: " +
        std::string(variable) + "}\n");
    const Status done = resolve_env(resources, environment);
    return done ? "" : done.error().message;
  };
  EXPECT_EQ(fault("TOKEN", environment_of({})),
            "a.yaml:5: spec.appToken.envRef: the environment variable \"TOKEN\" gives no token: it "
            "is not set or empty; set it");
  EXPECT_EQ(fault("TOKEN", environment_of({{"TOKEN", ""}})),
            "a.yaml:5: spec.appToken.envRef: the environment variable \"TOKEN\" gives no token: it "
            "is not set or empty; set it");
  EXPECT_EQ(fault("DAPR_API_TOKEN", environment_of({{"DAPR_API_TOKEN", "x"}})),
            "a.yaml:5: spec.appToken.envRef: the environment variable \"DAPR_API_TOKEN\" gives no "
            "token: variables of Dapr may not be used; use another variable");
}

TEST(ResolveSecrets, FillsWhatIsPending) {
  auto resources = *read_text(std::string(kComponent) + "---\n" + std::string(kApp) + "---\n" +
                              std::string(kEndpoint));
  Component& component = resources.components[0];
  EXPECT_EQ(pending_secrets(component).size(), 2u);
  ASSERT_TRUE(resolve_secrets(component, echo));
  EXPECT_EQ(component.metadata[1].value.text, "vault/redis/password");
  EXPECT_EQ(component.metadata[2].value.text, "vault/user/user");
  EXPECT_TRUE(pending_secrets(component).empty());
  EXPECT_EQ(pending_secrets(resources.apps[0]).size(), 1u);
  ASSERT_TRUE(resolve_secrets(resources.apps[0], echo));
  EXPECT_EQ(resources.apps[0].app_token->text, "vault/lamp/lamp");
  EXPECT_EQ(pending_secrets(resources.http_endpoints[0]).size(), 1u);
  ASSERT_TRUE(resolve_secrets(resources.http_endpoints[0], echo));
  EXPECT_EQ(resources.http_endpoints[0].private_key->text, "vault/tls/key");
}

TEST(ResolveSecrets, AnErrorNamesPlaceSecretAndStore) {
  auto resources = *read_text(kComponent);
  Component& component = resources.components[0];
  const Status failed = resolve_secrets(
      component, [](std::string_view, std::string_view, std::string_view) -> Result<std::string> {
        return Error{Code::kNotFound, "no such store"};
      });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::kNotFound);
  EXPECT_EQ(
      failed.error().message,
      "a.yaml:8: spec.metadata[password].secretKeyRef: the secret \"redis\" (key \"password\")"
      " of the store \"vault\" cannot be read: no such store; check the secret's name and "
      "that the store is loaded");
  const Status other =
      fill(component.metadata[2].value, "vault", Error{Code::kUnavailable, "away"});
  EXPECT_EQ(
      other.error().message,
      "a.yaml:9: spec.metadata[user].secretKeyRef: the secret \"user\" of the store \"vault\" "
      "cannot be read: away; check the secret's name and that the store is loaded");
}

}  // namespace
}  // namespace edge::daemon
