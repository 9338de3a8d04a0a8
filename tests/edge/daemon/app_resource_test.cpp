#include <array>

#include <gtest/gtest.h>

#include "edge/daemon/resources/app.h"
#include "tests/edge/daemon/resources_support.h"

namespace edge::daemon {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kHead =
    "apiVersion: edgelane.dev/v1\nkind: App\nmetadata: {name: lamp}\n";

// `spec` begins in line 5.
std::string app_with(std::string_view spec) {
  return std::string(kHead) + "spec:\n" + std::string(spec);
}

TEST(AppResource, EveryFieldIsRead) {
  const auto resources = read_text(app_with(R"(  address: 10.0.0.7
  port: 9001
  protocol: HTTPS
  lane: dev-2
  maxConcurrency: 8
  socket: {owner: lampuser, group: lampgroup, mode: "0660"}
  api: {port: 3501, grpcPort: 50002, token: {value: x1}}
  appToken: {envRef: LAMP_TOKEN}
  health: {enabled: true, path: /live, interval: 10s, timeout: 1s, threshold: 2}
  namespace: home
)"));
  ASSERT_TRUE(resources) << resources.error().message;
  const App& app = resources->apps.at(0);
  EXPECT_EQ(app.id, "lamp");
  EXPECT_EQ(app.address, "10.0.0.7");
  EXPECT_EQ(app.port, 9001);
  EXPECT_EQ(app.protocol, AppProtocol::kHttps);
  EXPECT_EQ(app.lane, "dev-2");
  EXPECT_EQ(app.max_concurrency, 8u);
  EXPECT_EQ(app.socket.owner, "lampuser");
  EXPECT_EQ(app.socket.group, "lampgroup");
  EXPECT_EQ(app.socket.mode, 0660u);
  EXPECT_EQ(app.api_port, 3501);
  EXPECT_EQ(app.api_grpc_port, 50002);
  EXPECT_EQ(app.api_token->text, "x1");
  EXPECT_TRUE(app.api_token->resolved);
  EXPECT_EQ(app.app_token->variable, "LAMP_TOKEN");
  EXPECT_FALSE(app.app_token->resolved);
  EXPECT_TRUE(app.health.enabled);
  EXPECT_EQ(app.health.path, "/live");
  EXPECT_EQ(app.health.interval, Duration(10s));
  EXPECT_EQ(app.health.timeout, Duration(1s));
  EXPECT_EQ(app.health.threshold, 2u);
  EXPECT_EQ(app.name_space, "home");
  EXPECT_EQ(app.source.file, "a.yaml");
  EXPECT_EQ(app.source.line, 1);
  EXPECT_TRUE(app.has_channel());
}

TEST(AppResource, AnAppWithoutSpecOnlyCalls) {
  const auto resources = read_text(kHead);
  ASSERT_TRUE(resources) << resources.error().message;
  const App& app = resources->apps.at(0);
  EXPECT_EQ(app.address, "127.0.0.1");
  EXPECT_FALSE(app.port);
  EXPECT_FALSE(app.has_channel());
  EXPECT_EQ(app.lane, "base");
  EXPECT_EQ(app.max_concurrency, 0u);
  EXPECT_FALSE(app.socket.mode);
  EXPECT_FALSE(app.api_token);
  EXPECT_FALSE(app.health.enabled);
  EXPECT_EQ(app.health.interval, Duration(5s));
  EXPECT_EQ(app.health.timeout, Duration(500ms));
  EXPECT_EQ(app.name_space, "default");
}

TEST(AppResource, FieldNamesIgnoreCase) {
  const auto resources = read_text(app_with("  PORT: 9001\n  MaxConcurrency: -3\n"));
  ASSERT_TRUE(resources) << resources.error().message;
  EXPECT_EQ(resources->apps[0].port, 9001);
  EXPECT_EQ(resources->apps[0].max_concurrency, 0u);
}

TEST(AppResource, ASocketAddressNeedsNoPort) {
  const auto resources =
      read_text(app_with("  address: unix:/run/lamp/app.sock\n  health: {enabled: true}\n"));
  ASSERT_TRUE(resources) << resources.error().message;
  EXPECT_TRUE(resources->apps[0].has_channel());
}

TEST(AppResource, TheNamespaceOfTheMetadataCounts) {
  const auto resources = read_text(
      "apiVersion: edgelane.dev/v1\nkind: App\nmetadata: {name: lamp, namespace: home}\n");
  ASSERT_TRUE(resources) << resources.error().message;
  EXPECT_EQ(resources->apps[0].name_space, "home");
}

TEST(AppResource, ATokenKeepsTheTextThatWasWritten) {
  const auto resources = read_text(app_with("  appToken: {value: 0123}\n"));
  ASSERT_TRUE(resources) << resources.error().message;
  EXPECT_EQ(resources->apps[0].app_token->text, "0123");
}

TEST(AppResourceTest, MaySpeakGrpc) {
  EXPECT_EQ(parse_app_protocol("GRPC").value(), AppProtocol::kGrpc);
  for (const AppProtocol one : {AppProtocol::kHttp, AppProtocol::kHttps, AppProtocol::kGrpc}) {
    EXPECT_EQ(parse_app_protocol(to_text(one)).value(), one);
  }
}

// What stands under "spec:", and what is said of it.
constexpr auto kFaults = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"  port: 90o1\n", "a.yaml:5: spec.port: expected 1..65535, got \"90o1\"; write a number"},
    {"  port: 0\n", "a.yaml:5: spec.port: expected 1..65535, got \"0\"; choose one within"},
    {"  port: [1]\n",
     "a.yaml:5: spec.port: expected one value, got a list; write it on the field's own line"},
    {"  lane: base\n  prot: 9001\n", "a.yaml:6: spec.prot: unknown field; did you mean port?"},
    {"  colour: red\n", "a.yaml:5: spec.colour: unknown field; remove it"},
    {"  protocol: h2c\n",
     "a.yaml:5: spec.protocol: protocol \"h2c\" is not supported yet; use http, https or grpc"},
    {"  protocol: grpcs\n",
     "a.yaml:5: spec.protocol: protocol \"grpcs\" is not supported yet; use http, https or grpc"},
    {"  protocol: ftp\n",
     "a.yaml:5: spec.protocol: expected http, https or grpc, got \"ftp\"; choose one of them"},
    {"  lane: Dev\n",
     "a.yaml:5: spec.lane: expected a lower-case letter and at most 15 of a-z, 0-9 and '-', got "
     "\"Dev\"; choose another lane"},
    {"  lane: a2345678901234567\n",
     "a.yaml:5: spec.lane: expected a lower-case letter and at most 15 of a-z, 0-9 and '-', got "
     "\"a2345678901234567\"; choose another lane"},
    {"  address: http://h\n",
     "a.yaml:5: spec.address: expected a host name or an IP address, got \"http://h\"; leave out "
     "the protocol"},
    {"  address: h:80\n",
     "a.yaml:5: spec.address: expected a host name or an IP address, got \"h:80\"; write the "
     "port "
     "in its own field"},
    {"  address: \"a b\"\n",
     "a.yaml:5: spec.address: expected a host name, an IP address or unix:/path, got \"a b\"; "
     "write it without blanks and brackets"},
    {"  address: unix:app.sock\n",
     "a.yaml:5: spec.address: expected unix: and an absolute path of at most 107 bytes, got "
     "\"unix:app.sock\"; write it as unix:/run/app.sock"},
    {"  address: unix:/a\n  port: 1\n",
     "a.yaml:6: spec.port: is not used where the address is a socket; remove one of the two"},
    {"  maxConcurrency: many\n",
     "a.yaml:5: spec.maxConcurrency: expected a whole number, got \"many\"; write a number"},
    {"  socket: {mode: 0999}\n",
     "a.yaml:5: spec.socket.mode: expected three octal digits, got \"0999\"; write it as "
     "\"0660\""},
    {"  socket: {mode: 06600}\n",
     "a.yaml:5: spec.socket.mode: expected three octal digits, got \"06600\"; write it as "
     "\"0660\""},
    {"  socket: {owners: x}\n", "a.yaml:5: spec.socket.owners: unknown field; did you mean owner?"},
    {"  socket: x\n",
     "a.yaml:5: spec.socket: expected a map, got text; write lines of the form name: value"},
    {"  api: {prot: 1}\n", "a.yaml:5: spec.api.prot: unknown field; did you mean port?"},
    {"  api:\n    token: {}\n",
     "a.yaml:6: spec.api.token: expected one of value, secretKeyRef and envRef, got 0; keep "
     "exactly one"},
    {"  appToken: {value: a, envRef: B}\n",
     "a.yaml:5: spec.appToken: expected one of value, secretKeyRef and envRef, got 2; keep "
     "exactly one"},
    {"  appToken: {value: \"\"}\n",
     "a.yaml:5: spec.appToken.value: expected a text, got nothing; write one, or remove the "
     "field"},
    {"  appToken: hunter2\n",
     "a.yaml:5: spec.appToken: expected a map, got text; write lines of the form name: value"},
    {"  appToken: {secretKeyRef: {name: s}}\n",
     "a.yaml:1: auth.secretStore: missing, and spec.appToken refers to a secret; name the secret "
     "store"},
    {"  port: 1\n  health: {enabled: perhaps}\n",
     "a.yaml:6: spec.health.enabled: expected true or false, got \"perhaps\""},
    {"  port: 1\n  health: {path: healthz}\n",
     "a.yaml:6: spec.health.path: expected a path that begins with /, got \"healthz\"; write it "
     "as /healthz"},
    {"  port: 1\n  health: {interval: soon}\n",
     "a.yaml:6: spec.health.interval: expected a duration over 0, got \"soon\"; write one such "
     "as "
     "5s, 500ms or 1m30s"},
    {"  port: 1\n  health: {interval: 0}\n",
     "a.yaml:6: spec.health.interval: expected a duration over 0, got \"0\"; write one such as "
     "5s, 500ms or 1m30s"},
    {"  port: 1\n  health: {interval: 1s, timeout: 2s}\n",
     "a.yaml:6: spec.health.timeout: expected less than the interval 1s, got 2s; shorten it or "
     "lengthen the interval"},
    {"  port: 1\n  health: {threshold: 0}\n",
     "a.yaml:6: spec.health.threshold: expected 1..1000000, got \"0\"; choose one within"},
    {"  port: 1\n  health: {treshold: 1}\n",
     "a.yaml:6: spec.health.treshold: unknown field; did you mean threshold?"},
    {"  health: {enabled: true}\n",
     "a.yaml:5: spec.health: needs an app that can be called; add spec.port, or remove it"},
    {"  namespace: a.b\n",
     "a.yaml:5: spec.namespace: expected 1..63 letters, digits, '-' and '_', got \"a.b\"; choose "
     "another namespace"},
});

TEST(AppResource, EveryFaultNamesItsPlaceAndTheRemedy) {
  for (const auto& [spec, message] : kFaults) EXPECT_EQ(fault_of(app_with(spec)), message) << spec;
}

TEST(AppResource, TheIdIsChecked) {
  const auto fault = [](std::string_view metadata) {
    return fault_of("apiVersion: edgelane.dev/v1\nkind: App\n" + std::string(metadata));
  };
  EXPECT_EQ(fault(""), "a.yaml:1: metadata: missing; add metadata with a name below");
  EXPECT_EQ(fault("metadata: {}"), "a.yaml:3: metadata.name: missing; give the resource a name");
  EXPECT_EQ(fault("metadata: {name: ''}"),
            "a.yaml:3: metadata.name: empty; give the resource a name");
  EXPECT_EQ(
      fault("metadata: {name: a.b}"),
      "a.yaml:3: metadata.name: expected an app id without dots, got \"a.b\"; a dot separates "
      "an id from its namespace");
  EXPECT_EQ(
      fault("metadata: {name: a b}"),
      "a.yaml:3: metadata.name: expected an app id of 1..63 letters, digits, '-' and '_', got "
      "\"a b\"; choose another id");
  EXPECT_EQ(fault("metadata: {name: x, namespace: a/b}"),
            "a.yaml:3: metadata.namespace: expected 1..63 letters, digits, '-' and '_', got "
            "\"a/b\"; choose another namespace");
  EXPECT_EQ(fault("metadata: {name: x}\nscopes: [a]"),
            "a.yaml:4: scopes: unknown field; remove it");
}

TEST(AppResource, IdsAndApiPortsAreUnique) {
  const std::string one = app_with("  api: {port: 3501}\n") + "---\n";
  EXPECT_EQ(fault_of(one + app_with("  api: {port: 3501}\n")),
            "a.yaml:7: metadata.name: the app \"lamp\" is defined already at a.yaml:1; give each "
            "its own\n"
            "a.yaml:7: spec.api.port: the API port \"3501\" is defined already at a.yaml:1; give "
            "each its own");
}

}  // namespace
}  // namespace edge::daemon
