#include "edge/base/json.h"

#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace edge {
namespace {

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

std::string error_of(std::string_view text) {
  const auto parsed = parse_json(text);
  return parsed.has_value() ? "parsed" : parsed.error().message;
}

TEST(ParseJson, ReadsAWholeText) {
  const auto parsed = parse_json(R"( {"a": [1, -2.5, "\u00e9", null, true]} )");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->at("a").size(), 5U);
  EXPECT_EQ(parsed->at("a")[2], "\u00e9");
  EXPECT_TRUE(parse_json("3").has_value());
}

TEST(ParseJson, NamesTheByteWhereItStopped) {
  EXPECT_EQ(error_of(R"({"a": nul})"), "invalid JSON at byte 10");
  EXPECT_EQ(error_of(""), "invalid JSON at byte 1");
  EXPECT_EQ(error_of("{} x"), "invalid JSON at byte 4");
  EXPECT_EQ(error_of("[1,]"), "invalid JSON at byte 4");
}

TEST(ParseJson, RefusesWhatRfc8259Refuses) {
  for (const auto text : {"{", "[", "\"", "\"\\", "\"\\u12\"", "'a'", "{a:1}", "[1 2]", "01", "+1",
                          "1.", "NaN", "\"\x01\"", "\"\xFF\"", "\"\\ud800\"", "1e999", "// c\n1"}) {
    const auto parsed = parse_json(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, Code::kInvalidArgument);
    EXPECT_TRUE(parsed.error().message.starts_with("invalid JSON at byte ")) << text;
  }
}

TEST(ParseJson, LimitsDepth) {
  EXPECT_TRUE(parse_json(nested(kJsonDepth)).has_value());
  EXPECT_EQ(error_of(nested(kJsonDepth + 1)), "JSON nested deeper than 64 levels at byte 65");
  EXPECT_EQ(error_of(std::string(1'000'000, '[')), "JSON nested deeper than 64 levels at byte 65");
  EXPECT_TRUE(parse_json("[[1]]", 2).has_value());
  EXPECT_FALSE(parse_json(R"([{"a":[]}])", 2).has_value());
}

TEST(ParseJson, CountsNoBracketsInsideStrings) {
  EXPECT_TRUE(parse_json(R"(["[[[{{{\"[[[\\"])", 1).has_value());
  EXPECT_TRUE(parse_json(R"([[],[],[]])", 2).has_value());
}

TEST(DumpJson, NeverThrowsOnBadUtf8) {
  EXPECT_EQ(dump_json(nlohmann::json("a\xFFz")), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(dump_json({{"b", 1}, {"a", "\u6cf3"}}), "{\"a\":\"\u6cf3\",\"b\":1}");
}

TEST(FindMember, PrefersTheExactName) {
  const nlohmann::json object = {{"KEY", 1}, {"key", 2}, {"Key", 3}};
  EXPECT_EQ(*find_member(object, "key"), 2);
  EXPECT_EQ(*find_member(object, "Key"), 3);
  EXPECT_NE(find_member(object, "kEY"), nullptr);
}

TEST(FindMember, FindsNothingInOtherValues) {
  EXPECT_EQ(find_member(nlohmann::json::array({1}), "a"), nullptr);
  EXPECT_EQ(find_member(nlohmann::json("a"), "a"), nullptr);
  EXPECT_EQ(find_member({{"a", nullptr}}, "a"), nullptr);
  EXPECT_EQ(find_member({{"a", 1}}, "b"), nullptr);
}

TEST(ParseJson, TheLastOfTwoMembersOfANameStands) {
  const auto object = parse_json(R"({"a": [1, {"b": 2}], "c": 3, "a": {"d": [[]]}})");
  ASSERT_TRUE(object.has_value());
  EXPECT_EQ(dump_json(*object), R"({"a":{"d":[[]]},"c":3})");
}

TEST(ReadJsonString, SaysWhatTheTextMeans) {
  EXPECT_EQ(read_json_string(R"("a\u00e9\n[\ud83d\udca1")"), "a\u00e9\n[\U0001f4a1");
  EXPECT_EQ(read_json_string(R"("\ud83d")"), std::nullopt);
  EXPECT_EQ(read_json_string("1"), std::nullopt);
  EXPECT_EQ(read_json_string(R"("a)"), std::nullopt);
}

TEST(Members, AreReadByType) {
  const nlohmann::json object = {{"Text", "t"}, {"flag", true}, {"count", -5}};
  EXPECT_EQ(string_member(object, "text").value(), "t");
  EXPECT_EQ(bool_member(object, "FLAG").value(), true);
  EXPECT_EQ(int_member(object, "Count").value(), -5);
  EXPECT_EQ(string_member(object, "none").value(), std::nullopt);
  EXPECT_EQ(bool_member(object, "none").value(), std::nullopt);
  EXPECT_EQ(int_member(object, "none").value(), std::nullopt);
}

TEST(Members, RefuseAnotherType) {
  const nlohmann::json object = {{"text", "t"}, {"flag", true}, {"real", 1.5}};
  EXPECT_EQ(string_member(object, "flag").error().message, "member \"flag\" is not a string");
  EXPECT_EQ(bool_member(object, "text").error().message, "member \"text\" is not a boolean");
  EXPECT_EQ(int_member(object, "real").error().message, "member \"real\" is not a 64-bit integer");
}

TEST(Members, RefuseNumbersThatDoNotFit) {
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  const auto object = parse_json(R"({"big": 9223372036854775808, "min": -9223372036854775808})");
  ASSERT_TRUE(object.has_value());
  EXPECT_FALSE(int_member(*object, "big").has_value());
  EXPECT_EQ(int_member(*object, "min").value(), kMin);
}

}  // namespace
}  // namespace edge
