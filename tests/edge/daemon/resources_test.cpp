#include "edge/daemon/resources/resources.h"

#include <gtest/gtest.h>

#include "edge/daemon/resources/closest.h"
#include "tests/edge/daemon/resources_support.h"

namespace edge::daemon {
namespace {

constexpr std::string_view kLamp =
    "apiVersion: edgelane.dev/v1\nkind: App\nmetadata: {name: lamp}\n";

TEST(Resources, ManyDocumentsOfManyKindsInOneFile) {
  const LogCapture log;
  const auto resources = read_text("\xEF\xBB\xBF# a comment\n---\n" + std::string(kLamp) + R"(---
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: {name: store}
spec: {type: state.sqlite}
---
# nothing
---
apiVersion: dapr.io/v1alpha1
kind: HTTPEndpoint
metadata: {name: api}
spec: {baseUrl: http://x}
)");
  ASSERT_TRUE(resources) << resources.error().message;
  EXPECT_EQ(resources->apps.at(0).source.line, 3);
  EXPECT_EQ(resources->components.at(0).source.line, 7);
  EXPECT_EQ(resources->http_endpoints.at(0).source.line, 14);
  EXPECT_EQ(log.text(), "");
}

TEST(Resources, UnknownKindsAreIgnoredWithOneLineEach) {
  const LogCapture log;
  EXPECT_EQ(fault_of("apiVersion: v1\nkind: ConfigMap\n---\napiVersion: edgelane.dev/v1\nkind: "
                     "Ap\n---\nfoo: bar\n"),
            "");
  EXPECT_EQ(log.lines_with("a document of an unknown kind is ignored"), 3) << log.text();
  EXPECT_EQ(log.lines_with("Ap (did you mean App?)"), 1) << log.text();
  EXPECT_EQ(log.lines_with("a.yaml:4"), 1) << log.text();
}

TEST(Resources, KindsWithoutEffectAreNamedInOneWarning) {
  const LogCapture log;
  const auto resources = read_text(R"(apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: {name: retry}
---
apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: {name: again}
)");
  ASSERT_TRUE(resources);
  ASSERT_EQ(resources->not_used_yet.size(), 2u);
  EXPECT_EQ(resources->not_used_yet[1].name, "again");
  EXPECT_EQ(log.lines_with("does not use yet"), 1);
  EXPECT_EQ(log.lines_with("Resiliency retry (a.yaml:1), Resiliency again (a.yaml:5)"), 1)
      << log.text();
}

TEST(Resources, DaprDocumentsThatAreNoYamlAreLeftOut) {
  const LogCapture log;
  const auto resources = read_text(
      "apiVersion: \"dapr.io/v1alpha1\"\nkind: Component\nspec: @x\n---\n" + std::string(kLamp));
  ASSERT_TRUE(resources) << resources.error().message;
  EXPECT_EQ(resources->apps.size(), 1u);
  EXPECT_EQ(log.lines_with("a document that is no YAML is left out"), 1);
  EXPECT_EQ(log.lines_with("a.yaml:3"), 1) << log.text();
}

TEST(Resources, OtherDocumentsThatAreNoYamlAreFaults) {
  EXPECT_EQ(fault_of(std::string(kLamp) + "spec: @x\n"),
            "a.yaml:4: a value cannot begin with this character; put the value in quotes");
  EXPECT_EQ(fault_of("a: b: c\n"),
            "a.yaml:1: a value cannot hold \": \"; put it in quotes, or mend the indentation");
}

TEST(Resources, ADocumentThatIsNoMapIsAFault) {
  EXPECT_EQ(fault_of("--- just text\n"),
            "a.yaml:1: expected a map, got text; write lines of the form name: value");
  EXPECT_EQ(fault_of("- a\n- b\n"),
            "a.yaml:1: expected a map, got a list; write lines of the form name: value");
}

TEST(Resources, AllFaultsAreToldAtOnceUpToALimit) {
  EXPECT_EQ(
      fault_of(std::string(kLamp) + "spec:\n  port: x\n  lane: X\n  health: 1\n")
          .find("a.yaml:5: spec.port: expected 1..65535, got \"x\"; write a number\na.yaml:6: "),
      0u);
  std::string many = std::string(kLamp) + "spec:\n";
  for (int i = 0; i < 60; ++i) many += "  xxxxxxxxxx" + std::to_string(i) + ": 1\n";
  EXPECT_TRUE(fault_of(many).ends_with("\nand 10 more"));
}

TEST(Resources, TextMustBeUtf8WithoutControlCharacters) {
  EXPECT_EQ(fault_of("a: 1\nb: \xFF\n"), "a.yaml:2: is not UTF-8 text; save the file as UTF-8");
  EXPECT_EQ(fault_of(std::string_view("a: \0\n", 5)),
            "a.yaml:1: holds the control character 0x00; remove it");
  EXPECT_EQ(fault_of("a: 1\r\nb:\t2\x04"), "a.yaml:2: holds the control character 0x04; remove it");
}

TEST(Resources, TheNumberOfDocumentsIsBounded) {
  std::string text;
  for (int i = 0; i < 1001; ++i) text += "---\na: 1\n";
  EXPECT_EQ(fault_of(text), "a.yaml: holds over 1000 documents; split it into several files");
}

TEST(Resources, QuotedTextsAreShortAndOnOneLine) {
  EXPECT_EQ(in_quotes("a\nb\"c\\\x01"), "\"a\\nb\\\"c\\\\\\x01\"");
  EXPECT_EQ(in_quotes(std::string(65, 'x')), "\"" + std::string(64, 'x') + "...\"");
  EXPECT_EQ(in_quotes(std::string(63, 'x') + "\xC3\xA9"), "\"" + std::string(63, 'x') + "...\"");
}

TEST(Closest, FindsTypingErrorsOnly) {
  const std::vector<std::string_view> names = {"port", "protocol", "address"};
  EXPECT_EQ(closest("prot", names), "port");
  EXPECT_EQ(closest("adress", names), "address");
  EXPECT_EQ(closest("PROTOCL", names), "protocol");
  EXPECT_EQ(closest("colour", names), "");
  EXPECT_EQ(closest("x", names), "");
  EXPECT_EQ(closest(std::string(100, 'p'), names), "");
  EXPECT_EQ(closest("port", {}), "");
}

}  // namespace
}  // namespace edge::daemon
