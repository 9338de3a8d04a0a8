#include "edge/blocks/pubsub/cel/lexer.h"

#include <array>
#include <optional>

namespace edge::blocks::cel {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\f";
constexpr std::array<std::string_view, 6> kTwoSigns = {"==", "!=", "<=", ">=", "&&", "||"};
constexpr std::string_view kOneSign = "<>!+-*/%?:()[]{}.,";

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool is_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool begins_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

std::uint32_t hex_value(char c) noexcept {
  if (is_digit(c)) return static_cast<std::uint32_t>(c - '0');
  return static_cast<std::uint32_t>((c | 0x20) - 'a') + 10;
}

// The byte that a one-letter escape stands for; 0 for another letter.
char plain_escape(char c) noexcept {
  constexpr std::string_view kLetters = "abfnrtv\\?\"'`";
  constexpr std::string_view kBytes = "\a\b\f\n\r\t\v\\?\"'`";
  const std::size_t at = kLetters.find(c);
  return at == std::string_view::npos ? '\0' : kBytes[at];
}

enum class Escapes : std::uint8_t { kRead, kKept };

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> read() {
    std::vector<Token> tokens;
    while (true) {
      skip_blanks();
      Token token;
      token.column = at_ + 1;
      if (at_ < text_.size()) {
        if (auto done = read_token(token); !done) return done.error();
      }
      tokens.push_back(std::move(token));
      if (tokens.back().kind == TokenKind::kEnd) return tokens;
    }
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const noexcept {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void skip_blanks() {
    while (at_ < text_.size()) {
      if (kBlanks.find(text_[at_]) != std::string_view::npos) {
        ++at_;
      } else if (text_.substr(at_).starts_with("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else {
        return;
      }
    }
  }

  Status read_token(Token& token) {
    const char c = peek();
    if (c == '"' || c == '\'') return read_string(token, Escapes::kRead);
    if ((c == 'r' || c == 'R') && (peek(1) == '"' || peek(1) == '\'')) {
      ++at_;
      return read_string(token, Escapes::kKept);
    }
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return read_number(token);
    if (begins_name(c)) {
      token.kind = TokenKind::kName;
      while (begins_name(peek()) || is_digit(peek())) token.text.push_back(text_[at_++]);
      return {};
    }
    token.kind = TokenKind::kSymbol;
    for (const std::string_view two : kTwoSigns) {
      if (text_.substr(at_).starts_with(two)) token.text = two;
    }
    if (token.text.empty() && kOneSign.find(c) != std::string_view::npos) token.text = c;
    if (token.text.empty()) return fault_at(at_ + 1, "unexpected character");
    at_ += token.text.size();
    return {};
  }

  void take_digits(Token& token) {
    while (is_digit(peek())) token.text.push_back(text_[at_++]);
  }

  Status read_number(Token& token) {
    token.kind = TokenKind::kInt;
    if (peek() == '0' && (peek(1) | 0x20) == 'x' && is_hex(peek(2))) {
      token.text = "0x";
      for (at_ += 2; is_hex(peek()); ++at_) token.text.push_back(text_[at_]);
    } else {
      take_digits(token);
      read_fraction(token);
    }
    if (token.kind == TokenKind::kInt && (peek() | 0x20) == 'u') {
      token.kind = TokenKind::kUint;
      ++at_;
    }
    if (!begins_name(peek()) && !is_digit(peek())) return {};
    return fault_at(at_ + 1, "unexpected character after a number");
  }

  void read_fraction(Token& token) {
    if (peek() == '.' && is_digit(peek(1))) {
      token.kind = TokenKind::kDouble;
      token.text.push_back(text_[at_++]);
      take_digits(token);
    }
    const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
    if ((peek() | 0x20) != 'e' || !is_digit(peek(1 + sign))) return;
    token.kind = TokenKind::kDouble;
    token.text.append(text_, at_, 1 + sign);
    at_ += 1 + sign;
    take_digits(token);
  }

  Status read_string(Token& token, Escapes escapes) {
    token.kind = TokenKind::kString;
    const std::string_view three = text_.substr(at_, 3);
    const bool triple = three == "\"\"\"" || three == "'''";
    const std::string quote(triple ? 3 : 1, peek());
    at_ += quote.size();
    while (at_ < text_.size() && !text_.substr(at_).starts_with(quote)) {
      const char c = text_[at_];
      if (!triple && (c == '\n' || c == '\r')) break;
      if (c == '\\' && escapes == Escapes::kRead) {
        if (auto done = read_escape(token); !done) return done;
      } else {
        token.text.push_back(text_[at_++]);
      }
    }
    if (!text_.substr(at_).starts_with(quote)) return fault_at(token.column, "string has no end");
    at_ += quote.size();
    return {};
  }

  Status read_escape(Token& token) {
    const std::size_t column = ++at_;  // of the backslash, counted from 1
    const char c = peek();
    if (const char plain = plain_escape(c); plain != '\0') {
      token.text.push_back(plain);
      ++at_;
      return {};
    }
    std::optional<std::uint32_t> code;
    if (c == 'x' || c == 'X') code = take_number(1, 2, 16);
    if (c == 'u') code = take_number(1, 4, 16);
    if (c == 'U') code = take_number(1, 8, 16);
    if (c >= '0' && c <= '3') code = take_number(0, 3, 8);
    if (code && append_utf8(token.text, *code)) return {};
    return fault_at(column, "escape is not valid");
  }

  std::optional<std::uint32_t> take_number(std::size_t skip, std::size_t digits, unsigned base) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const char c = peek(skip + i);
      if (!is_hex(c) || hex_value(c) >= base) return std::nullopt;
      value = value * base + hex_value(c);
    }
    at_ += skip + digits;
    return value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Error fault_at(std::size_t column, std::string_view what) {
  return {Code::kInvalidArgument, "column " + std::to_string(column) + ": " + std::string(what)};
}

bool append_utf8(std::string& text, std::uint32_t code) {
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
  const auto add = [&text](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xc0 | code >> 6);
    add(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    add(0xe0 | code >> 12);
    add(0x80 | (code >> 6 & 0x3f));
    add(0x80 | (code & 0x3f));
  } else {
    add(0xf0 | code >> 18);
    add(0x80 | (code >> 12 & 0x3f));
    add(0x80 | (code >> 6 & 0x3f));
    add(0x80 | (code & 0x3f));
  }
  return true;
}

Result<std::vector<Token>> read_tokens(std::string_view text) {
  return Lexer(text).read();
}

}  // namespace edge::blocks::cel
