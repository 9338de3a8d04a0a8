#include "edge/base/json_writer.h"

#include <gtest/gtest.h>

namespace edge {
namespace {

TEST(JsonWriter, WritesMembersInTheirOrder) {
  JsonObject object;
  object.add("z", "text").add("a", std::string("more")).add("yes", true).add("no", false);
  object.add("signed", std::int64_t{-5}).add("unsigned", ~std::uint64_t{0}).add("half", 0.5);
  EXPECT_EQ(object.text(), R"({"z":"text","a":"more","yes":true,"no":false,"signed":-5,)"
                           R"("unsigned":18446744073709551615,"half":0.5})");
}

TEST(JsonWriter, PutsValuesIntoEachOther) {
  JsonArray list;
  list.add("one").add(std::uint64_t{2}).add(JsonObject().add("three", 3));
  const JsonObject object = JsonObject().add("list", list).add("none", JsonObject());
  EXPECT_EQ(object.text(), R"({"list":["one",2,{"three":3}],"none":{}})");
}

TEST(JsonWriter, WritesNothingAsEmpty) {
  EXPECT_EQ(JsonObject().text(), "{}");
  EXPECT_EQ(JsonArray().text(), "[]");
  EXPECT_TRUE(JsonArray().empty());
}

TEST(JsonWriter, EscapesTexts) {
  EXPECT_EQ(JsonObject().add("a", "\"\\\n\x01\xff/").text(),
            "{\"a\":\"\\\"\\\\\\n\\u0001\xef\xbf\xbd/\"}");
}

TEST(JsonWriter, EscapesNamesFromOutside) {
  EXPECT_EQ(json_object({{"a\"b", "c"}, {"d", "e"}}).text(), R"({"a\"b":"c","d":"e"})");
}

TEST(JsonWriter, WritesListsOfTextsAndNumbers) {
  EXPECT_EQ(json_array(std::vector<std::string>{"a", "b"}).text(), R"(["a","b"])");
  EXPECT_EQ(json_array(std::vector<std::uint64_t>{1, 2}).text(), "[1,2]");
}

TEST(JsonWriter, AddsWhatAnotherHas) {
  const JsonObject other = JsonObject().add("b", 2);
  EXPECT_EQ(JsonObject().add("a", 1).add_all(other).add_all(JsonObject()).text(),
            R"({"a":1,"b":2})");
  EXPECT_EQ(JsonObject().add_all(other).text(), R"({"b":2})");
}

TEST(JsonWriter, TakesJsonAsItStands) {
  EXPECT_EQ(JsonObject().add_json("a", "null").text(), R"({"a":null})");
}

}  // namespace
}  // namespace edge
