#include "edge/base/strings.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edge {
namespace {

using testing::ElementsAre;
using namespace std::string_view_literals;

TEST(Strings, ComparesIgnoringAsciiCaseOnly) {
  EXPECT_TRUE(equals_ignoring_case("Content-TYPE", "content-type"));
  EXPECT_FALSE(equals_ignoring_case("abc", "abcd"));
  EXPECT_FALSE(equals_ignoring_case("\xC3\x84", "\xC3\xA4"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));
  EXPECT_TRUE(starts_with_ignoring_case("Bearer x", "bearer "));
  EXPECT_FALSE(starts_with_ignoring_case("Bear", "bearer"));
  EXPECT_EQ(to_lower("AzZ[\xC3\x84"), "azz[\xC3\x84");
}

TEST(Strings, TrimsBlanks) {
  EXPECT_EQ(trim(" \t a b \r\n"), "a b");
  EXPECT_EQ(trim(" \t\r\n"), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Strings, SplitsAndKeepsEmptyParts) {
  EXPECT_THAT(split("a,b", ','), ElementsAre("a", "b"));
  EXPECT_THAT(split(",a,,", ','), ElementsAre("", "a", "", ""));
  EXPECT_THAT(split("", ','), ElementsAre(""));
}

TEST(Strings, KnowsDaprsTruthyWords) {
  for (const auto word : {"1", "t", "T", "true", "TRUE", "y", "Yes", "ON"}) {
    EXPECT_TRUE(is_truthy(word)) << word;
  }
  for (const auto word : {"", "0", "2", "false", "no", "off", "tru", " true"}) {
    EXPECT_FALSE(is_truthy(word)) << word;
  }
}

TEST(Strings, DecodesPercentEscapes) {
  EXPECT_EQ(percent_decode("a%20b%2Fc%2f", PlusSign::kIsPlus), "a b/c/");
  EXPECT_EQ(percent_decode("a+b", PlusSign::kIsPlus), "a+b");
  EXPECT_EQ(percent_decode("a+b%2B", PlusSign::kIsSpace), "a b+");
  EXPECT_EQ(percent_decode("%00", PlusSign::kIsPlus), std::string(1, '\0'));
}

TEST(Strings, RefusesMalformedPercentEscapes) {
  for (const auto text : {"%", "%4", "a%", "%zz", "%4g", "%%41"}) {
    EXPECT_EQ(percent_decode(text, PlusSign::kIsPlus), std::nullopt) << text;
  }
}

TEST(Strings, EncodesWhatMayNotStandInAPath) {
  EXPECT_EQ(percent_encode_path("/a b/\xC3\xA9?#%"), "/a%20b/%C3%A9%3F%23%25");
  EXPECT_EQ(percent_encode_path("/v1.0/~x:y@z;a=b,c"), "/v1.0/~x:y@z;a=b,c");
}

TEST(Strings, PathEscapesRoundTrip) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(percent_decode(percent_encode_path(all), PlusSign::kIsPlus), all);
}

TEST(Strings, EncodesHexadecimal) {
  EXPECT_EQ(hex_encode("\x00\x7F\xFF"sv), "007fff");
  EXPECT_EQ(hex_encode(""), "");
}

TEST(Strings, ParsesUnsignedNumbers) {
  EXPECT_EQ(parse_unsigned("0"), 0U);
  EXPECT_EQ(parse_unsigned("007"), 7U);
  EXPECT_EQ(parse_unsigned("18446744073709551615"), ~std::uint64_t{0});
  for (const auto text : {"", "-1", "+1", " 1", "1 ", "1a", "0x1", "18446744073709551616"}) {
    EXPECT_EQ(parse_unsigned(text), std::nullopt) << text;
  }
}

TEST(Strings, ReadsAndPrintsDoubles) {
  EXPECT_EQ(parse_double("1.5"), 1.5);
  EXPECT_EQ(parse_double("-2e3"), -2000.0);
  EXPECT_EQ(parse_double(".5"), 0.5);
  EXPECT_TRUE(std::isnan(parse_double("NaN").value_or(0)));
  EXPECT_TRUE(std::isinf(parse_double("-Inf").value_or(0)));
  for (const char* no : {"", " 1", "1 ", "1x", "0x10", "nan(1)", "e", "1e400", "--1", "1.2.3"}) {
    EXPECT_EQ(parse_double(no), std::nullopt) << no;
  }
  EXPECT_EQ(parse_double(std::string(301, '1')), std::nullopt);
  EXPECT_EQ(print_double(1.5), "1.5");
  EXPECT_EQ(print_double(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(print_double(1e30), "1e+30");
}

TEST(Strings, ComparesTokens) {
  EXPECT_TRUE(equals_in_constant_time("", ""));
  EXPECT_TRUE(equals_in_constant_time("secret", "secret"));
  EXPECT_FALSE(equals_in_constant_time("secret", "secreT"));
  EXPECT_FALSE(equals_in_constant_time("secret", "secre"));
}

TEST(Strings, AcceptsUtf8) {
  for (const auto text : {"", "ascii", "\xC2\x80", "\xE6\xB3\xB3\xE9\x81\x93", "\xED\x9F\xBF",
                          "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(text)) << hex_encode(text);
  }
}

TEST(Strings, RefusesWhatIsNotUtf8) {
  for (const auto text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x9F\xBF", "\xE6\xB3", "\xED\xA0\x80",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "a\xFF"}) {
    EXPECT_FALSE(is_utf8(text)) << hex_encode(text);
  }
}

}  // namespace
}  // namespace edge
