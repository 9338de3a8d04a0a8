#include "edge/daemon/resources/yaml.h"

#include <gtest/gtest.h>

#include "tests/edge/daemon/resources_support.h"

namespace edge::daemon::yaml {
namespace {

std::string json_of(std::string_view text) {
  const auto node = parse(text, 1);
  return node ? to_json_text(*node)
              : std::to_string(node.error().line) + ": " + node.error().message;
}

TEST(Yaml, BuildsATreeWithLines) {
  const auto root = parse("a: 1\nb:\n  - x\n  - y: z\nc:\n", 10);
  ASSERT_TRUE(root);
  ASSERT_EQ(root->keys.size(), 3u);
  EXPECT_EQ(root->keys[1].name, "b");
  EXPECT_EQ(root->items[0].line, 10);
  EXPECT_EQ(root->items[1].line, 11);
  EXPECT_EQ(root->items[1].items[1].items[0].line, 13);
  EXPECT_EQ(root->items[2].kind, Node::Kind::kNull);
  EXPECT_EQ(root->items[2].line, 14);
}

TEST(Yaml, GivesPlainScalarsTheirTypesAsGoYamlDoes) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"yes", "true"},
      {"Off", "false"},
      {"\"yes\"", "\"yes\""},
      {"~", "null"},
      {"010", "8"},
      {"0x1F", "31"},
      {"0b101", "5"},
      {"0o17", "15"},
      {"1_000", "1000"},
      {"-12", "-12"},
      {"+7", "7"},
      {"1.0", "1"},
      {"1.5", "1.5"},
      {".5", "0.5"},
      {"-.5", "-0.5"},
      {"1e3", "1000"},
      {"08", "8"},
      {"5s", "\"5s\""},
      {"a_b", "\"a_b\""},
      {"_1", "\"_1\""},
      {".inf", "\".inf\""},
      {"1.2.3", "\"1.2.3\""},
      {"-", "[null]"},
      {"''", "\"\""},
      {"!!str 12", "\"12\""},
      {"18446744073709551615", "18446744073709551615"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"2001-01-01", "\"2001-01-01\""},
      {"{b: 1, a: [x, no]}", R"({"a":["x",false],"b":1})"},
  };
  for (const auto& [text, json] : rows) EXPECT_EQ(json_of(text), json) << text;
  EXPECT_EQ(json_of("-9223372036854775809"), "-9.223372036854776e+18");
  EXPECT_EQ(json_of("1e999"), "\"1e999\"");
}

TEST(Yaml, PlainTextOfStringsHasNoQuotes) {
  EXPECT_EQ(to_plain_text(*parse("5s", 1)), "5s");
  EXPECT_EQ(to_plain_text(*parse("true", 1)), "true");
  EXPECT_EQ(to_plain_text(*parse("~", 1)), "");
  EXPECT_EQ(to_plain_text(*parse("[1, two]", 1)), R"([1,"two"])");
}

TEST(Yaml, ExpandsAliasesAndMergesMaps) {
  EXPECT_EQ(json_of("a: &x {k: 1}\nb: *x\n"), R"({"a":{"k":1},"b":{"k":1}})");
  EXPECT_EQ(json_of("a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  k: 3\n"),
            R"({"a":{"k":1,"l":2},"b":{"k":3,"l":2}})");
  EXPECT_EQ(json_of("a: {<<: [{k: 1}, {k: 2, m: 3}]}"), R"({"a":{"k":1,"m":3}})");
  EXPECT_EQ(json_of("a: {<<: text}"), R"({"a":{}})");
}

TEST(Yaml, SaysWhatIsWrongAndWhere) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"a: *hunter2", "1: no anchor of that name; quote a value that begins with *"},
      {"a: 1\nb: \"x\\qy\"", "2: unknown escape; use single quotes, or double the backslash"},
      {"a: b\n c: d", "2: a value cannot hold \": \"; put it in quotes, or mend the indentation"},
      {"a: @x", "1: a value cannot begin with this character; put the value in quotes"},
      {"a: 1\n- b", "2: the indentation changes here; indent the fields of one map alike"},
      {"a: [1, 2", "1: a '[' is not closed, or a comma is missing"},
      {"a: {b: 1", "1: a '{' is not closed, or a comma is missing"},
      {"a: !<x", "1: end of verbatim tag not found; correct the YAML here"},
      {"a: 1\nb: 2\na: 3", "3: the field \"a\" is given twice, first in line 1; remove one"},
      {"? [a]\n: b", "1: a field's name must be plain text"},
      {": x", "1: a field's name must be plain text"},
      {"a: &q [*q]", "1: an alias stands inside what it refers to"},
      {"a: {b: c} d", "1: the indentation changes here; indent the fields of one map alike"},
      {"a:\n  - b: {\n    c: d\n  - e", "2: a '{' is not closed, or a comma is missing"},
      {"a: 1\nb: 'x\n\n\n", "2: found unexpected end of stream; correct the YAML here"},
      {"a:\n\tb: c", "2: a tab cannot indent; use spaces"},
      {"a: 1\nb: \xEF\xBF\xBF", "2: control characters are not allowed; correct the YAML here"},
      {"a: b\r\r\r\rc\rd: @x", "1: could not find expected ':'; correct the YAML here"},
      {"[a] b", "1: text follows the end of the document; separate them by ---"},
  };
  for (const auto& [text, message] : rows) EXPECT_EQ(json_of(text), message) << text;
}

TEST(Yaml, AliasBombsAreRefused) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 9; ++j) bomb += ", " + before;
    bomb += "]\n";
  }
  EXPECT_NE(json_of(bomb).find("too much in one document; split it, or use fewer aliases"),
            std::string::npos);
  std::string wide =
      "a: &a " + std::string(500'000, 'x') + "\nb: [*a, *a, *a, *a, *a, *a, *a, *a]\n";
  EXPECT_NE(json_of(wide).find("too much in one document"), std::string::npos);
}

TEST(Yaml, DepthIsBoundedAlsoThroughAliases) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') + "x" +
           std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_TRUE(parse(nested(64), 1));
  EXPECT_EQ(json_of(nested(65)), "1: nested over 64 deep; flatten it");
  EXPECT_EQ(json_of(nested(100'000)), "1: nested over 64 deep; flatten it");
  EXPECT_EQ(json_of("a: &a " + nested(40) + "\nb:\n  - " + nested(3) + "\n").substr(0, 5),
            "{\"a\":");
  EXPECT_EQ(json_of("a: &a " + nested(60) + "\nb: [[[[[*a]]]]]\n"),
            "2: nested over 64 deep; flatten it");
}

TEST(Yaml, SplitsDocumentsByTheirMarkers) {
  const std::string text =
      "# only a comment\n---\na: 1\n--- # two\nb: |\n  x\n  --- y\n...\nc: 3\r\n"
      "---\r\nd: 4\n---\n%YAML 1.2\n---\n---e: 5\n";
  std::vector<std::string> found;
  for (const Chunk& chunk : split_documents(text)) {
    found.push_back(std::to_string(chunk.first_line) + " " + json_of(chunk.text));
  }
  const std::vector<std::string> expected = {R"(2 {"a":1})", R"(4 {"b":"x\n--- y\n"})",
                                             R"(9 {"c":3})", R"(10 {"d":4})", R"(14 {"---e":5})"};
  EXPECT_EQ(found, expected);
  EXPECT_TRUE(split_documents("").empty());
  EXPECT_TRUE(split_documents("---\n---\n...\n").empty());
}

TEST(YamlExpand, FollowsGosRules) {
  const EnvLookup environment = environment_of({{"A", "1"}, {"LONG_NAME", "two"}, {"*", "star"}});
  const auto expanded = [&](std::string_view text) { return *expand(text, environment, 1000); };
  EXPECT_EQ(expanded("x$A-${LONG_NAME}y"), "x1-twoy");
  EXPECT_EQ(expanded("$LONG_NAME$A"), "two1");
  EXPECT_EQ(expanded("$unset|${unset}|"), "||");
  EXPECT_EQ(expanded("cost: 5$"), "cost: 5$");
  EXPECT_EQ(expanded("a$ b"), "a$ b");
  EXPECT_EQ(expanded("${}x"), "x");
  EXPECT_EQ(expanded("${A"), "A");
  EXPECT_EQ(expanded("$*$1"), "star");
}

TEST(YamlExpand, TheOutcomeIsBounded) {
  const EnvLookup environment = environment_of({{"A", std::string(100, 'x')}});
  EXPECT_TRUE(expand("$A$A", environment, 200));
  EXPECT_EQ(expand("$A$A", environment, 199).error().code, Code::kResourceExhausted);
  EXPECT_FALSE(expand(std::string(300, 'y'), environment, 299));
  auto node = *parse("[$A, {k: $A}]", 1);
  EXPECT_TRUE(expand_scalars(node, environment, 200));
  EXPECT_EQ(node.items[1].items[0].text.size(), 100u);
  auto again = *parse("[$A, {k: $A}]", 1);
  EXPECT_FALSE(expand_scalars(again, environment, 199));
}

TEST(YamlExpand, ReadsTheProcessEnvironment) {
  EXPECT_TRUE(process_environment("PATH").has_value());
  EXPECT_FALSE(process_environment("EDGELANE_NOT_SET").has_value());
}

}  // namespace
}  // namespace edge::daemon::yaml
