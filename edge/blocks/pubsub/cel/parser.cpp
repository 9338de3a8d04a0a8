#include "edge/blocks/pubsub/cel/parser.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "edge/base/strings.h"
#include "edge/blocks/pubsub/cel/lexer.h"

namespace edge::blocks::cel {
namespace {

using NodePtr = std::unique_ptr<Node>;
using Parsed = Result<NodePtr>;

constexpr std::size_t kMaxText = 4096;
constexpr std::size_t kMaxParts = 512;
constexpr int kMaxDepth = 64;

struct BinaryOperator {
  std::string_view sign;
  int binding;  // stronger is larger
  Operation operation;
};

// Decimal, or hexadecimal after 0x; nothing where it does not fit.
template <class Whole>
std::optional<Whole> whole_number(std::string text) {
  const std::size_t prefix = text.find("0x");
  if (prefix != std::string::npos) text.erase(prefix, 2);
  Whole value{};
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value, prefix == std::string::npos ? 10 : 16);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

constexpr auto kBinary = std::to_array<BinaryOperator>({
    {"||", 1, Operation::kOr},
    {"&&", 2, Operation::kAnd},
    {"==", 3, Operation::kEqual},
    {"!=", 3, Operation::kNotEqual},
    {"<", 3, Operation::kLess},
    {"<=", 3, Operation::kLessOrEqual},
    {">", 3, Operation::kGreater},
    {">=", 3, Operation::kGreaterOrEqual},
    {"in", 3, Operation::kIn},
    {"+", 4, Operation::kAdd},
    {"-", 4, Operation::kSubtract},
    {"*", 5, Operation::kMultiply},
    {"/", 5, Operation::kDivide},
    {"%", 5, Operation::kModulo},
});
constexpr int kStrongest = 5;

// A function as f(x), and as x.f(...) with `arguments` more.
struct Function {
  std::string_view name;
  Operation operation;
  bool plain;
  int arguments;  // of the method; -1: it is none
};

constexpr auto kFunctions = std::to_array<Function>({
    {"size", Operation::kSize, true, 0},
    {"contains", Operation::kContains, false, 1},
    {"startsWith", Operation::kStartsWith, false, 1},
    {"endsWith", Operation::kEndsWith, false, 1},
    {"matches", Operation::kMatches, false, 1},
    {"int", Operation::kToInt, true, -1},
    {"uint", Operation::kToUint, true, -1},
    {"double", Operation::kToDouble, true, -1},
    {"string", Operation::kToString, true, -1},
    {"bool", Operation::kToBool, true, -1},
});

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Parsed parse() {
    auto whole = parse_condition(0);
    if (whole && current().kind != TokenKind::kEnd) return unexpected("an operator");
    return whole;
  }

 private:
  [[nodiscard]] const Token& current() const { return tokens_[at_]; }
  [[nodiscard]] bool is(std::string_view sign) const {
    return current().kind == TokenKind::kSymbol && current().text == sign;
  }
  bool take(std::string_view sign) {
    if (!is(sign)) return false;
    ++at_;
    return true;
  }
  [[nodiscard]] Error fault(std::string_view what) const {
    return fault_at(current().column, what);
  }
  [[nodiscard]] Error unexpected(std::string_view expected) const {
    const std::string found =
        current().kind == TokenKind::kEnd ? "the end" : "'" + current().text + "'";
    return fault("expected " + std::string(expected) + ", found " + found);
  }

  NodePtr node(Operation operation, std::size_t column) {
    ++parts_;
    auto made = std::make_unique<Node>();
    made->operation = operation;
    made->column = column;
    return made;
  }

  Parsed parse_condition(int depth) {
    if (depth > kMaxDepth) return fault("the expression stands deeper than 64 levels");
    auto first = parse_binary(1, depth);
    if (!first || !is("?")) return first;
    auto whole = node(Operation::kCondition, current().column);
    ++at_;
    auto yes = parse_binary(1, depth);
    if (!yes) return yes;
    if (!take(":")) return unexpected("':'");
    auto no = parse_condition(depth + 1);
    if (!no) return no;
    whole->parts.push_back(std::move(*first));
    whole->parts.push_back(std::move(*yes));
    whole->parts.push_back(std::move(*no));
    return whole;
  }

  [[nodiscard]] const BinaryOperator* binary(int binding) const {
    if (current().kind != TokenKind::kSymbol && current().text != "in") return nullptr;
    if (current().kind == TokenKind::kString) return nullptr;
    const auto* found = std::ranges::find(kBinary, current().text, &BinaryOperator::sign);
    return found != kBinary.end() && found->binding == binding ? found : nullptr;
  }

  Parsed parse_binary(int binding, int depth) {
    if (binding > kStrongest) return parse_unary(depth);
    auto left = parse_binary(binding + 1, depth);
    while (left) {
      const BinaryOperator* sign = binary(binding);
      if (sign == nullptr) break;
      auto whole = node(sign->operation, current().column);
      ++at_;
      auto right = parse_binary(binding + 1, depth);
      if (!right) return right;
      if (parts_ > kMaxParts) return fault("the expression has more than 512 parts");
      whole->parts.push_back(std::move(*left));
      whole->parts.push_back(std::move(*right));
      left = std::move(whole);
    }
    return left;
  }

  Parsed parse_unary(int depth) {
    if (depth > kMaxDepth) return fault("the expression stands deeper than 64 levels");
    if (!is("!") && !is("-")) return parse_member(depth);
    auto whole = node(is("!") ? Operation::kNot : Operation::kNegate, current().column);
    ++at_;
    const bool negative =
        whole->operation == Operation::kNegate &&
        (current().kind == TokenKind::kInt || current().kind == TokenKind::kDouble);
    if (negative) {
      tokens_[at_].text.insert(0, "-");
      return parse_member(depth);
    }
    auto inside = parse_unary(depth + 1);
    if (!inside) return inside;
    whole->parts.push_back(std::move(*inside));
    return whole;
  }

  Parsed parse_member(int depth) {
    auto whole = parse_primary(depth);
    while (whole && (is(".") || is("["))) {
      const std::size_t column = current().column;
      if (parts_ > kMaxParts) return fault("the expression has more than 512 parts");
      whole = take(".") ? parse_field(std::move(*whole), depth)
                        : parse_index(std::move(*whole), column, depth);
    }
    return whole;
  }

  Parsed parse_index(NodePtr object, std::size_t column, int depth) {
    ++at_;
    auto key = parse_condition(depth + 1);
    if (!key) return key;
    if (!take("]")) return unexpected("']'");
    auto whole = node(Operation::kIndex, column);
    whole->parts.push_back(std::move(object));
    whole->parts.push_back(std::move(*key));
    return whole;
  }

  Parsed parse_field(NodePtr object, int depth) {
    if (current().kind != TokenKind::kName) return unexpected("a field name");
    const Token name = tokens_[at_++];
    if (is("(")) return parse_method(std::move(object), name, depth);
    auto whole = node(Operation::kField, name.column);
    whole->text = name.text;
    whole->parts.push_back(std::move(object));
    return whole;
  }

  Parsed parse_method(NodePtr object, const Token& name, int depth) {
    const auto* function = std::ranges::find(kFunctions, name.text, &Function::name);
    if (function == kFunctions.end() || function->arguments < 0) {
      return fault_at(name.column, "unknown method " + name.text);
    }
    auto whole = node(function->operation, name.column);
    whole->parts.push_back(std::move(object));
    if (auto done = parse_arguments(*whole, depth); !done) return done.error();
    if (whole->parts.size() != static_cast<std::size_t>(function->arguments) + 1) {
      return fault_at(name.column,
                      name.text + " takes " + std::to_string(function->arguments) + " arguments");
    }
    return with_pattern(std::move(whole));
  }

  // A pattern that is known is read once.
  static Parsed with_pattern(NodePtr whole) {
    if (whole->operation != Operation::kMatches) return whole;
    const Node& argument = *whole->parts[1];
    const auto* text = argument.literal.as<std::string>();
    if (argument.operation != Operation::kLiteral || text == nullptr) return whole;
    auto pattern = Regex::compile(*text);
    if (!pattern) return fault_at(argument.column, pattern.error().message);
    whole->pattern = std::move(*pattern);
    return whole;
  }

  // From "(" on, behind which comes ")" at once or after what stands between commas.
  Status parse_arguments(Node& whole, int depth) {
    ++at_;
    if (take(")")) return {};
    do {
      auto argument = parse_condition(depth + 1);
      if (!argument) return argument.error();
      whole.parts.push_back(std::move(*argument));
    } while (take(","));
    return take(")") ? Status() : Status(unexpected("',' or ')'"));
  }

  Parsed parse_primary(int depth) {
    const Token& token = current();
    switch (token.kind) {
      case TokenKind::kInt:
      case TokenKind::kUint:
      case TokenKind::kDouble:
        return parse_number();
      case TokenKind::kString: {
        auto literal = node(Operation::kLiteral, token.column);
        literal->literal.any = token.text;
        ++at_;
        return literal;
      }
      case TokenKind::kName:
        return parse_name(depth);
      default:
        break;
    }
    if (is("[")) return parse_list(depth);
    if (is("{")) return parse_map(depth);
    if (!take("(")) return unexpected("a value");
    auto inside = parse_condition(depth + 1);
    if (inside && !take(")")) return unexpected("')'");
    return inside;
  }

  template <class Number>
  Parsed literal_of(std::optional<Number> value) {
    if (!value) return fault("the number does not fit");
    auto literal = node(Operation::kLiteral, current().column);
    literal->literal.any = *value;
    ++at_;
    return literal;
  }

  Parsed parse_number() {
    const std::string& text = current().text;
    if (current().kind == TokenKind::kInt) return literal_of(whole_number<std::int64_t>(text));
    if (current().kind == TokenKind::kUint) return literal_of(whole_number<std::uint64_t>(text));
    return literal_of(parse_double(text));
  }

  Parsed parse_name(int depth) {
    const Token name = tokens_[at_++];
    auto whole = node(Operation::kLiteral, name.column);
    if (is("(")) return parse_call(name, depth);
    if (name.text == "true" || name.text == "false") {
      whole->literal.any = name.text == "true";
    } else if (name.text == "in") {
      return fault_at(name.column, "expected a value, found 'in'");
    } else if (name.text != "null") {
      whole->operation = Operation::kName;
      whole->text = name.text;
    }
    return whole;
  }

  Parsed parse_call(const Token& name, int depth) {
    const auto* function = std::ranges::find(kFunctions, name.text, &Function::name);
    const bool has = name.text == "has";
    if (!has && (function == kFunctions.end() || !function->plain)) {
      return fault_at(name.column, "unknown function " + name.text);
    }
    auto whole = node(has ? Operation::kHas : function->operation, name.column);
    if (auto done = parse_arguments(*whole, depth); !done) return done.error();
    if (whole->parts.size() != 1) return fault_at(name.column, name.text + " takes one argument");
    if (!has) return whole;
    NodePtr field = std::move(whole->parts[0]);
    if (field->operation != Operation::kField) {
      return fault_at(name.column, "has takes a field, as in has(event.data)");
    }
    field->operation = Operation::kHas;
    return field;
  }

  Parsed parse_list(int depth) {
    auto whole = node(Operation::kList, current().column);
    ++at_;
    while (!take("]")) {
      auto element = parse_condition(depth + 1);
      if (!element) return element;
      whole->parts.push_back(std::move(*element));
      if (!take(",") && !is("]")) return unexpected("',' or ']'");
    }
    return whole;
  }

  Parsed parse_map(int depth) {
    auto whole = node(Operation::kMap, current().column);
    ++at_;
    while (!take("}")) {
      auto key = parse_condition(depth + 1);
      if (!key) return key;
      if (!take(":")) return unexpected("':'");
      auto value = parse_condition(depth + 1);
      if (!value) return value;
      whole->parts.push_back(std::move(*key));
      whole->parts.push_back(std::move(*value));
      if (!take(",") && !is("}")) return unexpected("',' or '}'");
    }
    return whole;
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t parts_ = 0;
};

}  // namespace

Result<std::unique_ptr<Node>> parse_expression(std::string_view text) {
  if (text.size() > kMaxText) {
    return Error{Code::kInvalidArgument, "the expression is longer than 4096 bytes"};
  }
  auto tokens = read_tokens(text);
  if (!tokens) return tokens.error();
  return Parser(std::move(*tokens)).parse();
}

}  // namespace edge::blocks::cel
