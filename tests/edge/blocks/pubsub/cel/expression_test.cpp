#include "edge/blocks/pubsub/cel/expression.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace edge::blocks::cel {
namespace {

using Json = nlohmann::json;

const Json& sample() {
  static const Json event = Json::parse(R"({
    "id": "1", "type": "order.created", "source": "shop", "subject": null, "flag": true,
    "data": {"amount": 12.5, "count": 3, "big": 9007199254740993, "negative": -2,
             "name": "Grüße", "tags": ["a", "b"], "owner": {"id": "x y"}, "key-1": "v"}})");
  return event;
}

std::string answer(const std::string& text) {
  const auto expression = Expression::compile(text);
  if (!expression) return "refused: " + expression.error().message;
  const auto held = expression->holds(sample());
  if (!held) return "error: " + held.error().message;
  return *held ? "yes" : "no";
}

void expect_all(const std::vector<std::string>& texts, const std::string& expected) {
  for (const std::string& text : texts) EXPECT_EQ(answer(text), expected) << text;
}

TEST(Expression, Holds) {
  expect_all(
      {
          "true",
          "event.type == \"order.created\"",
          "event.type == 'order.created' && event.data.amount > 10",
          "event[\"type\"] != 'x'",
          "event.data['key-1'] == \"v\"",
          "event.data.count == 3 && event.data.count == 3.0 && event.data.count == 3u",
          "event.data.amount >= 12 && event.data.amount <= 13u && event.data.negative < 0",
          "-2 == event.data.negative",
          "event.data.tags[0] == 'a' && event.data.tags[1.0] == 'b'",
          "'a' in event.data.tags && !('z' in event.data.tags)",
          "'count' in event.data",
          "event.type in ['order.created', 'order.deleted']",
          "event.data.count in [1, 2, 3]",
          "event.data.tags == ['a', 'b']",
          "{'id': 'x y'} == event.data.owner",
          "{'a': 1}.a == 1 && {'a': 1}['a'] == 1 && {}.size() == 0",
          "has(event.data.owner.id) && !has(event.data.missing)",
          "size(event.data.tags) == 2 && event.data.name.size() == 5 && size('') == 0",
          "event.type.startsWith('order') && event.type.endsWith(\"created\")",
          "event.type.contains('.')",
          "event.type.matches('^order\\\\.(created|deleted)$')",
          "event.type.matches(r\"^order\\.\\w+$\")",
          "event.type.matches('^' + event.type)",
          "1 + 2 * 3 == 7 && (1 + 2) * 3 == 9 && 7 / 2 == 3 && 7 % 4 == 3 && -7 / 2 == -3",
          "10 - 4 - 3 == 3 && 2u + 3u == 5u",
          "event.data.amount / 2.5 == 5.0 && event.data.amount + 0.5 == 13.0",
          "1.5e1 == 15.0 && .5 == 0.5 && 0x1F == 31 && 0xFu == 15u && -0x10 == -16",
          "'a' + 'b' == 'ab' && [1] + [2] == [1, 2]",
          "int(event.data.amount) == 12 && int('42') == 42 && int(3u) == 3",
          "double('1.5') == 1.5 && double(2) == 2.0 && uint(7) == 7u",
          "string(1) == '1' && string(true) == 'true' && string(1.5) == '1.5'",
          "string(0.1) == '0.1' && string(-2.0) == '-2' && string(0.0) == '0'",
          "string(0.1 + 0.2) == '0.30000000000000004' && string(123456.0) == '123456'",
          "string(1234567.5) == '1234567.5' && string(1e21) == '1e+21'",
          "string(0.00012) == '0.00012' && string(0.000012) == '1.2e-05'",
          "string(1.7976931348623157e308) == '1.7976931348623157e+308'",
          "bool('true') && !bool('0')",
          "event.data.count > 2 ? true : false",
          "event.data.count > 5 ? false : event.data.count > 2 ? true : false",
          "event.subject == null && null == null",
          "!event.flag || true",
          "!!event.flag",
          "1 != 'a' && !(1 == true)",
          "'\\u00fc\\x41\\101\\n\\t\\'' == 'üAA\\n\\t\\''",
          "'''it's \"so\"''' == 'it\\'s \"so\"'",
          "r'\\n' == '\\\\n'",
          "'b' > 'a' && true > false",
          "9223372036854775807 < 9223372036854775808u && -1 < 0u",
          "1 < 1.5 && 2.5 > 2u && 9007199254740993 > 9007199254740992.0",
          "  event . type\n== // comment\n 'order.created' ",
      },
      "yes");
}

TEST(Expression, DoesNotHold) {
  expect_all({"false", "event.type == 'x'", "event.data.amount > 100", "!true",
              "event.flag && event.data.count < 1", "event.type.matches('^created')",
              "double('NaN') == double('NaN')"},
             "no");
}

TEST(Expression, LogicTakesItsAnswerFromEitherSide) {
  EXPECT_EQ(answer("event.missing == 1 || true"), "yes");
  EXPECT_EQ(answer("true || event.missing == 1"), "yes");
  EXPECT_EQ(answer("event.missing == 1 && false"), "no");
  EXPECT_EQ(answer("event.missing == 1 && true"), "error: column 7: no such key: missing");
  EXPECT_EQ(answer("event.missing == 1 || false"), "error: column 7: no such key: missing");
  EXPECT_EQ(answer("1 || true"), "yes");
  EXPECT_EQ(answer("1 || false"), "error: column 1: the value is no bool");
}

TEST(Expression, NamesWhatKeptItFromAnAnswer) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"event.data.missing == 1", "column 12: no such key: missing"},
      {"event.data.amount", "the result is no bool"},
      {"event.data.tags[2] == 'a'", "column 16: index out of range"},
      {"event.data.tags[-1] == 'a'", "column 16: index out of range"},
      {"event.type.x == 1", "column 12: no such overload: field or index"},
      {"event.data.amount + 1 > 2", "column 19: no such overload: +"},
      {"event.data.amount * 2 > 2",
       "column 19: no such overload: arithmetic on values of these types"},
      {"event.type > 1", "column 12: no such overload: comparison"},
      {"1 / 0 == 1", "column 3: division by zero"},
      {"9223372036854775807 + 1 > 0", "column 21: a number overflows"},
      {"-(-9223372036854775808) > 0", "column 1: a number overflows"},
      {"!1", "column 1: no such overload: !"},
      {"other.type == 'x'", "column 1: no such attribute: other; the variable is event"},
      {"has(event.type.x)", "column 16: no such overload: has"},
      {"int('x') == 1", "column 1: the value cannot be converted to int"},
      {"uint(-1) == 1u", "column 1: a number overflows"},
      {"int(1e300) == 1", "column 1: a number overflows"},
      {"size(1) == 1", "column 1: no such overload: size"},
      {"event.data.count.startsWith('x')", "column 18: no such overload: a method of strings"},
      {"1 ? true : false", "column 1: the value is no bool"},
      {"event.type.matches(event.source + '(')",
       "column 12: pattern, character 6: the group has no end"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_EQ(answer(text), "error: " + message) << text;
  }
}

TEST(Expression, RefusesWhatItCannotRead) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "column 1: expected a value, found the end"},
      {"event.type ==", "column 14: expected a value, found the end"},
      {"event.type = 'x'", "column 12: unexpected character"},
      {"event.type 'x'", "column 12: expected an operator, found 'x'"},
      {"(true", "column 6: expected ')', found the end"},
      {"event.", "column 7: expected a field name, found the end"},
      {"event[1", "column 8: expected ']', found the end"},
      {"'abc", "column 1: string has no end"},
      {"'\\q'", "column 2: escape is not valid"},
      {"'\\ud800'", "column 2: escape is not valid"},
      {"1x", "column 2: unexpected character after a number"},
      {"99999999999999999999 > 1", "column 1: the number does not fit"},
      {"foo(1)", "column 1: unknown function foo"},
      {"event.all(x, true)", "column 7: unknown method all"},
      {"event.type.startsWith()", "column 12: startsWith takes 1 arguments"},
      {"has(event)", "column 1: has takes a field, as in has(event.data)"},
      {"int(1, 2) == 1", "column 1: int takes one argument"},
      {"true ? 1", "column 9: expected ':', found the end"},
      {"[1 2]", "column 4: expected ',' or ']', found '2'"},
      {"{'a' 1}", "column 6: expected ':', found '1'"},
      {"event.type.matches('(')", "column 20: pattern, character 2: the group has no end"},
      {"a # b", "column 3: unexpected character"},
      {std::string(100, '(') + "true", "column 66: the expression stands deeper than 64 levels"},
      {std::string(100, '!') + "true", "column 66: the expression stands deeper than 64 levels"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_EQ(answer(text), "refused: " + message) << text;
  }
  EXPECT_EQ(answer(std::string(4097, ' ')), "refused: the expression is longer than 4096 bytes");
  std::string many = "true";
  for (int i = 0; i < 520; ++i) many += "&&true";
  EXPECT_TRUE(answer(many).starts_with("refused: column")) << answer(many);
}

}  // namespace
}  // namespace edge::blocks::cel
