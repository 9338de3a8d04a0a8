#include "edge/blocks/pubsub/json_scan.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace edge::blocks {
namespace {

TEST(JsonScan, AgreesWithAParser) {
  const std::vector<std::string> texts = {
      "null", " true ", "false", "0", "-0", "1.5", "-1.5e+10", "1E5", "\"\"", "\"a\\n\\u00fc\"",
      "{}", "[]", "[ ]", "{ }", "[1,2]", "{\"a\":1,\"b\":[{},{\"c\":null}]}", "[[[]]]",
      " [ 1 , \"x\" , { \"a\" : [ ] } ] ", "\"\\\"\"", "[\"]\"]",
      // Not JSON:
      "", " ", "nul", "truex", "01", "1.", ".5", "-", "+1", "1e", "1e+", "\"", "\"\\q\"",
      "\"\\u12g4\"", "\"\n\"", "[", "]", "[1,]", "[1 2]", "[,1]", "{", "{\"a\"}", "{\"a\":}",
      "{\"a\":1,}", "{a:1}", "{\"a\":1 \"b\":2}", "[1]]", "{} {}", "[}", "{]", "\"\\u123\"", "NaN",
      std::string("\"a\0\"", 4), "\"\\", "[\"a\":1]", "{1:2}"};
  for (const std::string& text : texts) {
    EXPECT_EQ(check_json(text).has_value(), nlohmann::json::accept(text)) << text;
  }
}

TEST(JsonScan, IsBounded) {
  const std::string deep = std::string(60, '[') + std::string(60, ']');
  EXPECT_TRUE(check_json(deep));
  const auto deeper = check_json("[" + deep + "]");
  ASSERT_FALSE(deeper);
  EXPECT_EQ(deeper.error().message, "JSON nested deeper than 60 levels at byte 61");
  EXPECT_EQ(deeper.error().code, Code::kOutOfRange);
  EXPECT_EQ(check_json("[1").error().code, Code::kInvalidArgument);
  EXPECT_FALSE(check_json(std::string(1'000'000, '[')));
  EXPECT_EQ(check_json("[1,x]").error().message, "invalid JSON at byte 4");
  EXPECT_FALSE(check_json("\"\xc3\""));
}

TEST(JsonScan, MembersKeepTheirText) {
  const auto members = object_members(" {\"a\" : 1.50 , \"b\\u0063\":{\"x\":[1, 2]},\"a\":null} ");
  ASSERT_TRUE(members);
  ASSERT_EQ(members->size(), 3U);
  EXPECT_EQ((*members)[0].value, "1.50");
  EXPECT_EQ((*members)[1].name, "bc");
  EXPECT_EQ((*members)[1].value, "{\"x\":[1, 2]}");
  EXPECT_EQ((*members)[2].value, "null");
  EXPECT_TRUE(object_members("{}")->empty());
  EXPECT_EQ(object_members("[]").error().message, "expected an object");
  EXPECT_EQ(object_members("x").error().message, "invalid JSON at byte 1");
  for (const char* bad :
       {"[]", "1", "{\"a\":1,}", "{\"a\":1}x", "{\"a\" 1}", "{1:2}", "{\"a\":[}]"}) {
    EXPECT_FALSE(object_members(bad)) << bad;
  }
}

TEST(JsonScan, Elements) {
  const auto elements = array_elements(" [ {\"a\":1} , 2,\"x,y\" ] ");
  ASSERT_TRUE(elements);
  EXPECT_EQ(*elements, (std::vector<std::string_view>{"{\"a\":1}", "2", "\"x,y\""}));
  EXPECT_TRUE(array_elements("[]")->empty());
  EXPECT_EQ(array_elements(" {} ").error().message, "expected an array");
  EXPECT_EQ(array_elements("{} 1").error().message, "invalid JSON at byte 4");
  EXPECT_FALSE(array_elements("[1,]"));
}

TEST(JsonScan, Strings) {
  EXPECT_EQ(json_string("\"a\\u00fc\\n\""), "aü\n");
  EXPECT_EQ(json_string("\"plain\""), "plain");
  EXPECT_EQ(json_string("1"), std::nullopt);
  for (const std::string text : {"plain", "q\"b\\s/\n\t\r\b\f\x01\x1f", "üß€😀", ""}) {
    std::string json;
    append_json_string(json, text);
    EXPECT_EQ(nlohmann::json::parse(json).get<std::string>(), text);
  }
  std::string json;
  append_json_string(json, "a\xff\xc3 b\xe2\x82");
  EXPECT_EQ(json, "\"a\xef\xbf\xbd\xef\xbf\xbd b\xef\xbf\xbd\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace edge::blocks
