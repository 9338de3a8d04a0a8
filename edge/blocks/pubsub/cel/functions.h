// What operators and functions make of values that are computed already.
#pragma once

#include "edge/blocks/pubsub/cel/node.h"

namespace edge::blocks::cel {

// + - * / %. Both of one type, which they answer; + also joins strings and lists.
// Errors: operands that do not fit, an overflow, a division by zero.
Result<Value> calculate(Operation operation, const Value& a, const Value& b);

// int(), uint(), double(), string(), bool(). Errors: what cannot be converted.
Result<Value> convert(Operation operation, const Value& value);

// contains, startsWith, endsWith, and matches without a pattern that was read before.
// Errors: either is no string; the pattern.
Result<Value> test_text(Operation operation, const Value& text, const Value& argument);

}  // namespace edge::blocks::cel
