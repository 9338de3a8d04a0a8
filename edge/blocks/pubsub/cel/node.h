// An expression as a tree.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edge/blocks/pubsub/cel/regex.h"
#include "edge/blocks/pubsub/cel/value.h"

namespace edge::blocks::cel {

enum class Operation : std::uint8_t {
  kLiteral,
  kName,   // `text`
  kField,  // parts[0] . text
  kHas,    // has(parts[0] . text)
  kIndex,
  kList,
  kMap,  // key, value, key, value ...
  kCondition,
  kOr,
  kAnd,
  kNot,
  kNegate,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kIn,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kSize,
  kContains,
  kStartsWith,
  kEndsWith,
  kMatches,
  kToInt,
  kToUint,
  kToDouble,
  kToString,
  kToBool,
};

struct Node {
  Operation operation = Operation::kLiteral;
  std::size_t column = 1;
  std::string text;
  Value literal;
  std::vector<std::unique_ptr<Node>> parts;
  std::optional<Regex> pattern;  // of kMatches, where it is a literal
};

}  // namespace edge::blocks::cel
