#include "edge/api/http/state_scan.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "edge/base/json.h"

namespace edge::api {
namespace {

std::string save_of(std::string_view value) {
  return R"([{"key":"k","value":)" + std::string(value) + "}]";
}

TEST(SaveScan, TakesTheUsualBodies) {
  const auto one = scan_save(" [ { \"key\" : \"k\" ,\n\"value\":\"v\"} ] \r\n");
  ASSERT_TRUE(one);
  ASSERT_EQ(one->size(), 1U);
  EXPECT_EQ(one->front().key, "k");
  EXPECT_EQ(one->front().value, "\"v\"");
  EXPECT_FALSE(one->front().etag);
  EXPECT_TRUE(one->front().metadata.empty());
  const auto many = scan_save(R"([{"value":1,"key":"a"},{"key":"泳道","value":"线"}])");
  ASSERT_TRUE(many);
  ASSERT_EQ(many->size(), 2U);
  EXPECT_EQ((*many)[0].key, "a");
  EXPECT_EQ((*many)[0].value, "1");
  EXPECT_EQ((*many)[1].key, "泳道");
  EXPECT_EQ((*many)[1].value, "\"线\"");
}

// What it takes is what the other way would make of it.
TEST(SaveScan, ValuesAreKeptAsTheyWouldBeWritten) {
  const std::string long_text(1000, 'x');
  const std::string values[] = {"null",
                                "true",
                                "false",
                                "0",
                                "-1",
                                "10",
                                "123456789012345678",
                                "-123456789012345678",
                                "\"\"",
                                "\"a\"",
                                "\"seven c\"",
                                "\"eight ch\"",
                                "\"a\x7f\"",
                                "\"/\"",
                                "\"" + long_text + "\"",
                                "{}",
                                "[]",
                                "[1,\"a\",[],{}]",
                                R"({"":1,"A":2,"a":3,"aa":{"b":[null]},"ä":4})",
                                "[[[[[1]]]]]"};
  for (const std::string& value : values) {
    const auto items = scan_save(save_of(value));
    ASSERT_TRUE(items) << value;
    const auto document = parse_json(value);
    ASSERT_TRUE(document) << value;
    EXPECT_EQ(items->front().value, dump_json(*document));
  }
}

TEST(SaveScan, LeavesOtherValuesToTheDocument) {
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  const std::string values[] = {"",
                                "-",
                                "-0",
                                "01",
                                "1.0",
                                "1e3",
                                "1E3",
                                "1234567890123456789",
                                "nul",
                                "truex",
                                "\"a",
                                "\"\\n\"",
                                "\"\\u0041\"",
                                "\"\n\"",
                                "\"\xff\"",
                                "\"\xed\xa0\x80\"",
                                "\"12345678\x01\"",
                                "{\"b\":1,\"a\":2}",
                                "{\"a\":1,\"a\":2}",
                                "{\"a\": 1}",
                                "[1, 2]",
                                "[1,]",
                                "{\"a\"}",
                                "{1:2}",
                                "[",
                                "{",
                                "{\"a\":1",
                                deep,
                                "1 2"};
  for (const std::string& value : values) EXPECT_FALSE(scan_save(save_of(value))) << value;
}

TEST(SaveScan, LeavesOtherBodiesToTheDocument) {
  const std::string_view bodies[] = {"",
                                     "[",
                                     "[]",
                                     "{}",
                                     "[1]",
                                     "[{}]",
                                     R"([{"key":"a"}])",
                                     R"([{"value":1}])",
                                     R"([{"key":"","value":1}])",
                                     R"([{"KEY":"a","value":1}])",
                                     R"([{"key":1,"value":1}])",
                                     R"([{"key":"a","value":1,"etag":"1"}])",
                                     R"([{"key":"a","value":1,"metadata":{}}])",
                                     R"([{"key":"a","key":"b","value":1}])",
                                     R"([{"key":"a","value":1,"value":2}])",
                                     R"([{"key":"a","value":1},])",
                                     R"([{"key":"a","value":1}] x)",
                                     R"([{"key":"a","value":1,}])",
                                     R"([{"key":"a\u0062","value":1}])",
                                     "\xef\xbb\xbf[{\"key\":\"a\",\"value\":1}]",
                                     R"([{"key":"a" "value":1}])",
                                     R"({"key":"a","value":1})"};
  for (const auto body : bodies) EXPECT_FALSE(scan_save(body)) << body;
  using namespace std::string_view_literals;
  const auto nul = "[{\"key\":\"a\0\",\"value\":1}]"sv;
  EXPECT_FALSE(scan_save(nul));
}

// Every cut of a good body is refused, wherever it ends.
TEST(SaveScan, ACutBodyIsNotTaken) {
  const std::string body = R"([{"key":"key number one","value":{"a":[1,true,"text of it"]}}])";
  ASSERT_TRUE(scan_save(body));
  for (std::size_t size = 0; size < body.size(); ++size) {
    EXPECT_FALSE(scan_save(std::string_view(body).substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace edge::api
