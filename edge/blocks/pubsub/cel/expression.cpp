#include "edge/blocks/pubsub/cel/expression.h"

#include <nlohmann/json.hpp>

#include "edge/blocks/pubsub/cel/functions.h"
#include "edge/blocks/pubsub/cel/lexer.h"
#include "edge/blocks/pubsub/cel/parser.h"

namespace edge::blocks::cel {
namespace {

using Json = nlohmann::json;

Result<Value> evaluate(const Node& node, const Json& event);

Result<bool> evaluate_bool(const Node& node, const Json& event) {
  const auto value = evaluate(node, event);
  if (!value) return value.error();
  if (const auto* truth = value->as<bool>()) return *truth;
  return fault_at(node.column, "the value is no bool");
}

// A side that decides answers for both, whatever the other is. Source: CEL, "Logical Operators".
Result<Value> either(const Node& node, const Json& event) {
  const bool decisive = node.operation == Operation::kOr;
  const auto left = evaluate_bool(*node.parts[0], event);
  if (left && *left == decisive) return Value{decisive};
  const auto right = evaluate_bool(*node.parts[1], event);
  if (right && *right == decisive) return Value{decisive};
  if (!left) return left.error();
  if (!right) return right.error();
  return Value{!decisive};
}

bool is_met(Operation operation, Order order) {
  switch (operation) {
    case Operation::kLess:
      return order == Order::kLess;
    case Operation::kLessOrEqual:
      return order == Order::kLess || order == Order::kEqual;
    case Operation::kGreater:
      return order == Order::kGreater;
    default:
      return order == Order::kGreater || order == Order::kEqual;
  }
}

template <class T>
Result<Value> as_value(const Result<T>& result) {
  if (!result) return result.error();
  return Value{*result};
}

// Operations on two values.
Result<Value> combine(const Node& node, const Value& a, const Value& b) {
  switch (node.operation) {
    case Operation::kIndex:
      return part(a, b);
    case Operation::kEqual:
      return Value{equal(a, b)};
    case Operation::kNotEqual:
      return Value{!equal(a, b)};
    case Operation::kIn:
      return as_value(contains(b, a));
    case Operation::kLess:
    case Operation::kLessOrEqual:
    case Operation::kGreater:
    case Operation::kGreaterOrEqual: {
      const auto order = compare(a, b);
      if (!order) return order.error();
      return Value{is_met(node.operation, *order)};
    }
    case Operation::kMatches:
      if (node.pattern && a.as<std::string>() != nullptr) {
        return Value{node.pattern->finds(*a.as<std::string>())};
      }
      [[fallthrough]];
    case Operation::kContains:
    case Operation::kStartsWith:
    case Operation::kEndsWith:
      return test_text(node.operation, a, b);
    default:
      return calculate(node.operation, a, b);
  }
}

Result<Value> negate(const Value& value) {
  if (const auto* real = value.as<double>()) return Value{-*real};
  if (value.as<std::int64_t>() == nullptr) return no_overload("-");
  return calculate(Operation::kSubtract, Value{std::int64_t{0}}, value);
}

// Operations on one value.
Result<Value> apply(const Node& node, const Value& value) {
  switch (node.operation) {
    case Operation::kField:
      return part(value, Value{node.text});
    case Operation::kHas:
      return as_value(has_key(value, Value{node.text}));
    case Operation::kNegate:
      return negate(value);
    case Operation::kNot:
      if (const auto* truth = value.as<bool>()) return Value{!*truth};
      return no_overload("!");
    case Operation::kSize:
      return as_value(size_of(value));
    default:
      return convert(node.operation, value);
  }
}

Result<std::vector<Value>> evaluate_all(const Node& node, const Json& event) {
  std::vector<Value> values;
  for (const auto& part : node.parts) {
    auto value = evaluate(*part, event);
    if (!value) return value.error();
    values.push_back(std::move(*value));
  }
  return values;
}

Result<Value> make_map(const Node& node, const Json& event) {
  auto values = evaluate_all(node, event);
  if (!values) return values.error();
  std::vector<std::pair<Value, Value>> entries;
  for (std::size_t i = 0; i + 1 < values->size(); i += 2) {
    entries.emplace_back(std::move((*values)[i]), std::move((*values)[i + 1]));
  }
  return Value{std::make_shared<const std::vector<std::pair<Value, Value>>>(std::move(entries))};
}

Result<Value> evaluate_parts(const Node& node, const Json& event) {
  auto values = evaluate_all(node, event);
  if (!values) return values.error();
  if (node.operation == Operation::kList) {
    return Value{std::make_shared<const std::vector<Value>>(std::move(*values))};
  }
  auto result = values->size() == 1 ? apply(node, values->front())
                                    : combine(node, values->front(), values->back());
  if (result) return result;
  return fault_at(node.column, result.error().message);
}

Result<Value> evaluate(const Node& node, const Json& event) {
  switch (node.operation) {
    case Operation::kLiteral:
      return node.literal;
    case Operation::kName:
      if (node.text == "event") return Value{&event};
      return fault_at(node.column, "no such attribute: " + node.text + "; the variable is event");
    case Operation::kOr:
    case Operation::kAnd:
      return either(node, event);
    case Operation::kCondition: {
      const auto truth = evaluate_bool(*node.parts[0], event);
      if (!truth) return truth.error();
      return evaluate(*node.parts[*truth ? 1 : 2], event);
    }
    case Operation::kMap:
      return make_map(node, event);
    default:
      return evaluate_parts(node, event);
  }
}

}  // namespace

Result<Expression> Expression::compile(std::string_view text) {
  auto root = parse_expression(text);
  if (!root) return root.error();
  return Expression(std::string(text), std::shared_ptr<const Node>(std::move(*root)));
}

Result<bool> Expression::holds(const Json& event) const {
  const auto value = evaluate(*root_, event);
  if (!value) return value.error();
  if (const auto* truth = value->as<bool>()) return *truth;
  return Error{Code::kInvalidArgument, "the result is no bool"};
}

}  // namespace edge::blocks::cel
