#include "edge/api/http/state_scan.h"

#include <cstdint>
#include <cstring>
#include <string>

#include "edge/base/strings.h"

namespace edge::api {
namespace {

constexpr int kMostLevels = 32;  // of a value; a deeper one is read the other way
constexpr std::size_t kMostDigits = 18;

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Whether a byte of the word is below 0x20, '"', '\\', or not ASCII; it may also say so of a byte
// after such a one.
bool has_special(std::uint64_t word) noexcept {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
  const std::uint64_t quote = word ^ (kOnes * '"');
  const std::uint64_t backslash = word ^ (kOnes * '\\');
  const std::uint64_t found = (word - kOnes * 0x20) | (quote - kOnes) | (backslash - kOnes) | word;
  return (found & (kOnes * 0x80)) != 0;
}

// Goes over the body from left to right; false where it is not what is looked for.
class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  [[nodiscard]] std::size_t at() const noexcept { return at_; }
  [[nodiscard]] bool at_end() const noexcept { return at_ == text_.size(); }
  // Of what was taken.
  [[nodiscard]] bool is_ascii() const noexcept { return ascii_; }
  [[nodiscard]] std::string_view since(std::size_t from) const noexcept {
    return text_.substr(from, at_ - from);
  }

  bool take(char c) noexcept {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_blanks() noexcept {
    while (!at_end() && is_blank(text_[at_])) ++at_;
  }
  bool take_between_blanks(char c) noexcept {
    skip_blanks();
    if (!take(c)) return false;
    skip_blanks();
    return true;
  }

  // A string without escapes; `content` is what stands between the quotes.
  bool plain_string(std::string_view& content) noexcept {
    if (!take('"')) return false;
    const std::size_t begin = at_;
    while (true) {
      skip_usual();
      if (at_end()) return false;
      const char c = text_[at_];
      if (c == '"') break;
      const auto byte = static_cast<unsigned char>(c);
      if (c == '\\' || byte < 0x20) return false;
      if (byte >= 0x80) ascii_ = false;
      ++at_;
    }
    content = since(begin);
    ++at_;
    return true;
  }

  // As dump_json() writes it: no blanks, no escapes, members in order, whole numbers.
  bool value(int levels) noexcept {
    if (at_end()) return false;
    switch (text_[at_]) {
      case '"': {
        std::string_view content;
        return plain_string(content);
      }
      case '{':
        return object(levels);
      case '[':
        return array(levels);
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return whole_number();
    }
  }

 private:
  void skip_usual() noexcept {
    std::uint64_t word = 0;
    while (text_.size() - at_ >= sizeof word) {
      std::memcpy(&word, text_.data() + at_, sizeof word);
      if (has_special(word)) return;
      at_ += sizeof word;
    }
  }

  bool object(int levels) noexcept {
    ++at_;
    if (take('}')) return true;
    std::string_view last;
    bool first = true;
    do {
      std::string_view name;
      if (levels == 0 || !plain_string(name) || !take(':')) return false;
      if (!first && name <= last) return false;
      first = false;
      last = name;
      if (!value(levels - 1)) return false;
    } while (take(','));
    return take('}');
  }

  bool array(int levels) noexcept {
    ++at_;
    if (take(']')) return true;
    do {
      if (levels == 0 || !value(levels - 1)) return false;
    } while (take(','));
    return take(']');
  }

  bool word(std::string_view expected) noexcept {
    if (!text_.substr(at_).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }

  bool whole_number() noexcept {
    const bool negative = take('-');
    const std::size_t begin = at_;
    while (!at_end() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    const std::string_view digits = since(begin);
    if (digits.empty() || digits.size() > kMostDigits) return false;
    if (digits[0] == '0' && (negative || digits.size() > 1)) return false;
    return at_end() || (text_[at_] != '.' && text_[at_] != 'e' && text_[at_] != 'E');
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool ascii_ = true;
};

bool scan_member(Scan& scan, state::SetRequest& item) {
  std::string_view name;
  if (!scan.plain_string(name) || !scan.take_between_blanks(':')) return false;
  if (name == "key") {
    std::string_view key;
    if (!item.key.empty() || !scan.plain_string(key) || key.empty()) return false;
    item.key = key;
    return true;
  }
  const std::size_t begin = scan.at();
  if (name != "value" || !item.value.empty() || !scan.value(kMostLevels)) return false;
  item.value = scan.since(begin);
  return true;
}

bool scan_item(Scan& scan, state::SetRequest& item) {
  if (!scan.take('{')) return false;
  do {
    scan.skip_blanks();
    if (!scan_member(scan, item)) return false;
    scan.skip_blanks();
  } while (scan.take(','));
  return scan.take('}') && !item.key.empty() && !item.value.empty();
}

}  // namespace

std::optional<std::vector<state::SetRequest>> scan_save(std::string_view body) {
  Scan scan(body);
  std::vector<state::SetRequest> items;
  if (!scan.take_between_blanks('[')) return std::nullopt;
  do {
    if (!scan_item(scan, items.emplace_back())) return std::nullopt;
  } while (scan.take_between_blanks(','));
  if (!scan.take_between_blanks(']') || !scan.at_end()) return std::nullopt;
  if (!scan.is_ascii() && !is_utf8(body)) return std::nullopt;
  return items;
}

}  // namespace edge::api
