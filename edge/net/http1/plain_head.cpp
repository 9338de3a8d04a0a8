#include "edge/net/http1/plain_head.h"

#include <array>

#include "edge/net/http1/text.h"

namespace edge::http1 {
namespace {

constexpr std::size_t kMostDigits = 18;  // fit 64 bits

using Set = std::array<bool, 256>;

constexpr Set with_range(Set set, int first, int last) {
  for (int c = first; c <= last; ++c) set[static_cast<std::size_t>(c)] = true;
  return set;
}

constexpr Set without(Set set, std::string_view characters) {
  for (const char c : characters) set[static_cast<unsigned char>(c)] = false;
  return set;
}

// In a value or a reason: visible characters, blanks, and bytes over ASCII.
constexpr Set kText = with_range(with_range(with_range({}, ' ', '~'), '\t', '\t'), 0x80, 0xff);
// In a target. What RFC 3986 does not allow there, and '#', are left to llhttp.
constexpr Set kTarget = without(with_range({}, '!', '~'), "\"#<>\\^`{|}");

constexpr std::array<std::string_view, 7> kMethods = {"GET",  "POST",  "PUT",    "DELETE",
                                                      "HEAD", "PATCH", "OPTIONS"};

constexpr std::string_view kVersionEnd = " HTTP/1.1\r\n";

class Scanner {
 public:
  Scanner(std::string_view bytes, Head& head)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()), head_(head) {}

  bool request_line();
  bool status_line();
  bool header_lines();
  [[nodiscard]] const char* at() const noexcept { return at_; }
  [[nodiscard]] unsigned hosts() const noexcept { return hosts_; }
  void set_framing();

 private:
  // Up to the first byte that is not in `set`.
  std::string_view take(const Set& set) {
    const char* begin = at_;
    while (at_ != end_ && set[static_cast<unsigned char>(*at_)]) ++at_;
    return {begin, static_cast<std::size_t>(at_ - begin)};
  }
  bool skip(std::string_view text) {
    const auto size = static_cast<std::ptrdiff_t>(text.size());
    if (end_ - at_ < size || std::string_view(at_, text.size()) != text) return false;
    at_ += size;
    return true;
  }
  bool line_end() {
    if (end_ - at_ < 2 || at_[0] != '\r' || at_[1] != '\n') return false;
    at_ += 2;
    return true;
  }
  std::string_view value();
  bool note(const Header& header);
  bool note_length(std::string_view digits);

  const char* at_;
  const char* end_;
  Head& head_;
  unsigned hosts_ = 0;
  bool has_length_ = false;
};

bool Scanner::request_line() {
  const char* begin = at_;
  while (at_ != end_ && *at_ >= 'A' && *at_ <= 'Z') ++at_;
  head_.method = {begin, static_cast<std::size_t>(at_ - begin)};
  bool known = false;
  for (const auto method : kMethods) known = known || method == head_.method;
  if (!known || end_ - at_ < 2 || at_[0] != ' ' || at_[1] != '/') return false;
  ++at_;
  head_.target = take(kTarget);
  return skip(kVersionEnd);
}

bool Scanner::status_line() {
  if (end_ - at_ < 13 || !skip("HTTP/1.1 ")) return false;
  int status = 0;
  for (int i = 0; i < 3; ++i, ++at_) {
    if (*at_ < '0' || *at_ > '9') return false;
    status = status * 10 + (*at_ - '0');
  }
  if (status < 100 || (*at_ != ' ' && *at_ != '\r')) return false;
  head_.status = status;
  take(kText);
  return line_end();
}

std::string_view Scanner::value() {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\t')) ++at_;
  std::string_view text = take(kText);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

bool Scanner::header_lines() {
  while (!line_end()) {
    Header header;
    header.name = take(kTokens);
    if (header.name.empty() || at_ == end_ || *at_ != ':') return false;
    ++at_;
    header.value = value();
    if (!line_end() || !note(header)) return false;
    head_.headers.add(header.name, header.value);
  }
  return true;
}

// False for what says more about the message than is looked at here.
bool Scanner::note(const Header& header) {
  const auto is = [&header](std::string_view name) {
    return equals_ignoring_case(header.name, name);
  };
  switch (header.name.size()) {
    case 4:
      if (is("host")) ++hosts_;
      return true;
    case 6:
      return !is("expect");
    case 7:
      return !is("upgrade");
    case 10:
      if (!is("connection")) return true;
      if (equals_ignoring_case(header.value, "keep-alive")) return true;
      head_.keep_alive = false;
      return equals_ignoring_case(header.value, "close");
    case 14:
      return !is("content-length") || note_length(header.value);
    case 16:
      return !is("proxy-connection");
    case 17:
      return !is("transfer-encoding");
    default:
      return true;
  }
}

bool Scanner::note_length(std::string_view digits) {
  if (has_length_ || digits.empty() || digits.size() > kMostDigits) return false;
  for (const char c : digits) {
    if (c < '0' || c > '9') return false;
    head_.content_length = head_.content_length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  has_length_ = true;
  return true;
}

void Scanner::set_framing() {
  if (!has_length_) {
    head_.framing = head_.status == 0 ? Framing::kNone : Framing::kUntilClose;
  } else {
    head_.framing = head_.content_length == 0 ? Framing::kNone : Framing::kLength;
  }
}

// Keeps the head's bytes and has its views point there.
std::size_t keep(std::string_view bytes, std::size_t size, Head& head) {
  head.storage.assign(bytes.substr(0, size));
  const char* const from = bytes.data();
  const char* const to = head.storage.data();
  const auto moved = [from, to](std::string_view view) {
    return view.empty() ? std::string_view()
                        : std::string_view(to + (view.data() - from), view.size());
  };
  head.method = moved(head.method);
  head.target = moved(head.target);
  for (Header& header : head.headers) header = {moved(header.name), moved(header.value)};
  return size;
}

}  // namespace

std::size_t take_plain_request(std::string_view bytes, std::size_t limit, Head& head) {
  head.clear();
  Scanner scanner(bytes.substr(0, limit), head);
  if (!scanner.request_line() || !scanner.header_lines() || scanner.hosts() != 1) return 0;
  scanner.set_framing();
  return keep(bytes, static_cast<std::size_t>(scanner.at() - bytes.data()), head);
}

std::size_t take_plain_response(std::string_view bytes, std::size_t limit, Head& head) {
  head.clear();
  Scanner scanner(bytes.substr(0, limit), head);
  if (!scanner.status_line() || !scanner.header_lines()) return 0;
  scanner.set_framing();
  return keep(bytes, static_cast<std::size_t>(scanner.at() - bytes.data()), head);
}

}  // namespace edge::http1
