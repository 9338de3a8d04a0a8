#include "edge/blocks/pubsub/json_scan.h"

#include <bitset>

#include "edge/base/json.h"
#include "edge/base/strings.h"

namespace edge::blocks {
namespace {

constexpr std::size_t kMostLevels = 64;

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Goes over a text value by value; the text is valid UTF-8.
class Scanner {
 public:
  Scanner(std::string_view text, std::size_t max_depth) : text_(text), max_depth_(max_depth) {}

  void skip_blanks() noexcept {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  [[nodiscard]] char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
  [[nodiscard]] bool at_end() const noexcept { return at_ == text_.size(); }
  [[nodiscard]] std::size_t at() const noexcept { return at_; }
  bool take(char c) noexcept {
    if (peek() != c || at_end()) return false;
    ++at_;
    return true;
  }
  bool take_after_blanks(char c) noexcept {
    skip_blanks();
    return take(c);
  }

  [[nodiscard]] Error fault() const {
    if (too_deep_) {
      return {Code::kOutOfRange, "JSON nested deeper than " + std::to_string(max_depth_) +
                                     " levels at byte " + std::to_string(at_ + 1)};
    }
    return {Code::kInvalidArgument, "invalid JSON at byte " + std::to_string(at_ + 1)};
  }

  // One value with everything in it; blanks before it are skipped.
  bool value() {
    depth_ = base_depth_;
    while (true) {
      skip_blanks();
      bool opened = false;
      if (!begin_value(opened)) return false;
      if (opened) continue;
      if (!after_value()) return false;
      if (depth_ == base_depth_) return true;
    }
  }

  // Members and elements that are scanned with value() stand one level down.
  void enter() noexcept { base_depth_ = 1; }

  bool string() noexcept {
    if (!take('"')) return false;
    while (!at_end()) {
      const char c = text_[at_];
      if (static_cast<unsigned char>(c) < 0x20) return false;
      ++at_;
      if (c == '"') return true;
      if (c == '\\' && !escape()) return false;
    }
    return false;
  }

 private:
  // Opens a container, or takes a scalar, or a container without anything in it.
  bool begin_value(bool& opened) {
    const char c = peek();
    if (c == '{' || c == '[') return open(c, opened);
    if (c == '"') return string();
    if (c == '-' || is_digit(c)) return number();
    return word("true") || word("false") || word("null");
  }

  bool open(char bracket, bool& opened) {
    if (depth_ == max_depth_ || depth_ == kMostLevels) {
      too_deep_ = true;
      return false;
    }
    ++at_;
    objects_[depth_++] = bracket == '{';
    if (take_after_blanks(bracket == '{' ? '}' : ']')) {
      --depth_;
      return true;
    }
    opened = true;
    return bracket == '[' || name();
  }

  // Closes containers until one goes on.
  bool after_value() {
    while (depth_ > base_depth_) {
      const bool object = objects_[depth_ - 1];
      skip_blanks();
      if (take(',')) return !object || name();
      if (!take(object ? '}' : ']')) return false;
      --depth_;
    }
    return true;
  }

  bool name() {
    skip_blanks();
    return string() && take_after_blanks(':');
  }

  bool escape() noexcept {
    const char c = peek();
    ++at_;
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos && c != 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char digit = ascii_lower(peek());
      if (!is_digit(digit) && (digit < 'a' || digit > 'f')) return false;
    }
    return true;
  }

  bool digits() noexcept {
    if (!is_digit(peek())) return false;
    while (is_digit(peek())) ++at_;
    return true;
  }

  // Source: RFC 8259 §6.
  bool number() noexcept {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (peek() != 'e' && peek() != 'E') return true;
    ++at_;
    if (!take('+')) take('-');
    return digits();
  }

  bool word(std::string_view expected) noexcept {
    if (!text_.substr(at_).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }

  std::string_view text_;
  std::size_t max_depth_;
  std::size_t at_ = 0;
  std::size_t base_depth_ = 0;
  std::size_t depth_ = 0;
  std::bitset<kMostLevels> objects_;  // whether a level is an object, not an array
  bool too_deep_ = false;
};

Status check_utf8(std::string_view text) {
  if (is_utf8(text)) return {};
  return Error{Code::kInvalidArgument, "the JSON is not valid UTF-8"};
}

// Of what does not begin with `open`: JSON of another kind, or none.
Error other_kind(Scanner& scanner, char open) {
  if (!scanner.value()) return scanner.fault();
  scanner.skip_blanks();
  if (!scanner.at_end()) return scanner.fault();
  return {Code::kInvalidArgument, open == '[' ? "expected an array" : "expected an object"};
}

// Goes over the items between brackets; `item` takes one and says whether it is well-formed.
template <class Item>
Status scan_items(Scanner& scanner, char open, char close, Item item) {
  if (!scanner.take_after_blanks(open)) return other_kind(scanner, open);
  scanner.enter();
  if (!scanner.take_after_blanks(close)) {
    do {
      scanner.skip_blanks();
      if (!item()) return scanner.fault();
    } while (scanner.take_after_blanks(','));
    if (!scanner.take_after_blanks(close)) return scanner.fault();
  }
  scanner.skip_blanks();
  if (!scanner.at_end()) return scanner.fault();
  return {};
}

// Every byte that belongs to no character becomes U+FFFD.
std::string repaired(std::string_view text) {
  std::string whole;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t size = 1;
    while (size <= 4 && i + size <= text.size() && !is_utf8(text.substr(i, size))) ++size;
    const bool bad = size > 4 || i + size > text.size();
    whole.append(bad ? "\xef\xbf\xbd" : text.substr(i, size));
    i += bad ? 1 : size;
  }
  return whole;
}

void append_escaped(std::string& to, char c) {
  constexpr std::string_view kBytes = "\"\\\b\f\n\r\t";
  constexpr std::string_view kLetters = "\"\\bfnrt";
  const std::size_t at = kBytes.find(c);
  to.push_back('\\');
  if (at != std::string_view::npos) {
    to.push_back(kLetters[at]);
  } else {
    to.append("u00").append(hex_encode({&c, 1}));
  }
}

}  // namespace

Status check_json(std::string_view text, std::size_t max_depth) {
  if (auto ok = check_utf8(text); !ok) return ok;
  Scanner scanner(text, max_depth);
  if (!scanner.value()) return scanner.fault();
  scanner.skip_blanks();
  if (!scanner.at_end()) return scanner.fault();
  return {};
}

Result<std::vector<JsonMember>> object_members(std::string_view text, std::size_t max_depth) {
  if (auto ok = check_utf8(text); !ok) return ok.error();
  Scanner scanner(text, max_depth);
  std::vector<JsonMember> members;
  const auto item = [&] {
    const std::size_t name = scanner.at();
    if (!scanner.string()) return false;
    const std::string_view written = text.substr(name, scanner.at() - name);
    if (!scanner.take_after_blanks(':')) return false;
    scanner.skip_blanks();
    const std::size_t value = scanner.at();
    if (!scanner.value()) return false;
    members.push_back(
        {json_string(written).value_or(""), text.substr(value, scanner.at() - value)});
    return true;
  };
  auto scanned = scan_items(scanner, '{', '}', item);
  if (!scanned) return scanned.error();
  return members;
}

Result<std::vector<std::string_view>> array_elements(std::string_view text, std::size_t max_depth) {
  if (auto ok = check_utf8(text); !ok) return ok.error();
  Scanner scanner(text, max_depth);
  std::vector<std::string_view> elements;
  const auto item = [&] {
    const std::size_t value = scanner.at();
    if (!scanner.value()) return false;
    elements.push_back(text.substr(value, scanner.at() - value));
    return true;
  };
  auto scanned = scan_items(scanner, '[', ']', item);
  if (!scanned) return scanned.error();
  return elements;
}

std::optional<std::string> json_string(std::string_view text) {
  if (!text.starts_with('"')) return std::nullopt;
  if (text.find('\\') == std::string_view::npos)
    return std::string(text.substr(1, text.size() - 2));
  return read_json_string(text).value_or("");  // an escaped half of a surrogate pair is no text
}

void append_json_string(std::string& to, std::string_view text) {
  std::string whole;
  if (!is_utf8(text)) {
    whole = repaired(text);
    text = whole;
  }
  to.push_back('"');
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
    to.append(text.substr(plain, i - plain));
    append_escaped(to, c);
    plain = i + 1;
  }
  to.append(text.substr(plain)).push_back('"');
}

}  // namespace edge::blocks
