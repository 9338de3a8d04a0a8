// Routing expressions: the part of CEL that rules of subscriptions are written in.
//
// Supported: == != < <= > >= && || ! in + - * / %, the conditional a ? b : c, fields, indices,
// list and map literals, strings with CEL's escapes (also raw and triple-quoted), int, uint,
// double, true, false, null; has(a.b); size(x), x.size(); text.contains, startsWith, endsWith and
// matches; int(), uint(), double(), string(), bool(). Numbers of different types compare by value.
// && and || take their answer from either side, whatever error the other is. `matches` finds a
// part of the text, as RE2 does (regex.h says which patterns). Anything else is an error when the
// rule is read. Bounds: 4 KiB of text, 64 levels, 512 parts. Source: wire reference §3.8; the CEL
// language definition.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "edge/base/result.h"

namespace edge::blocks::cel {

struct Node;

// Immutable; a copy shares the compiled form.
class Expression {
 public:
  // Errors: kInvalidArgument, naming the column, counted from 1, and what is expected.
  static Result<Expression> compile(std::string_view text);

  // Whether it holds for `event`, the only variable. Errors: kInvalidArgument: a key that is not
  // there, operands that do not fit, a result that is no bool.
  [[nodiscard]] Result<bool> holds(const nlohmann::json& event) const;

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  Expression(std::string text, std::shared_ptr<const Node> root)
      : text_(std::move(text)), root_(std::move(root)) {}

  std::string text_;
  std::shared_ptr<const Node> root_;
};

}  // namespace edge::blocks::cel
