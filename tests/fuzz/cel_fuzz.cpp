// Any bytes as a routing expression, and as a pattern: they are refused, or they give an answer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <nlohmann/json.hpp>

#include "edge/blocks/pubsub/cel/expression.h"
#include "edge/blocks/pubsub/cel/regex.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace edge::blocks::cel;
  static const auto event = nlohmann::json::parse(
      R"({"type":"order.created","data":{"n":1.5,"list":[1,"a",null],"map":{"k":true}}})");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto expression = Expression::compile(text)) {
    const auto first = expression->holds(event);
    const auto second = expression->holds(event);
    if (first.has_value() != second.has_value() || (first && *first != *second)) std::abort();
  } else if (expression.error().message.empty()) {
    std::abort();
  }
  const auto regex = Regex::compile(text);
  if (regex) (void)regex->finds("order.created\n42");
  return 0;
}
