#include "edge/blocks/pubsub/cel/regex_parser.h"

#include <optional>

#include "edge/base/strings.h"

namespace edge::blocks::cel {
namespace {

using Op = Regex::Op;
using Set = Regex::Set;
using Step = Regex::Step;

constexpr std::size_t kMaxPattern = 1024;
constexpr std::size_t kMaxSteps = 4096;
constexpr int kMaxDepth = 32;
constexpr int kMaxCount = 1000;
constexpr int kNoLimit = -1;
constexpr std::uint32_t kLastCode = 0x10ffff;
constexpr std::string_view kSigns = R"(\.+*?()|[]{}^$-/"'`~!@#%&=:;<>, )";

// What \d, \w and \s stand for; nothing for another letter.
std::optional<Set> class_of(char letter) {
  Set set;
  switch (ascii_lower(letter)) {
    case 'd':
      set.ranges = {{'0', '9'}};
      break;
    case 'w':
      set.ranges = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
      break;
    case 's':
      set.ranges = {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}};
      break;
    default:
      return std::nullopt;
  }
  set.negated = letter < 'a';
  return set;
}

// \n and its like; nothing for another letter.
std::optional<char> control_of(char letter) {
  constexpr std::string_view kLetters = "ntrfv";
  constexpr std::string_view kBytes = "\n\t\r\f\v";
  const std::size_t at = kLetters.find(letter);
  if (letter == '\0' || at == std::string_view::npos) return std::nullopt;
  return kBytes[at];
}

void append(std::vector<Step>& to, const std::vector<Step>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

std::int32_t size_of(const std::vector<Step>& steps) {
  return static_cast<std::int32_t>(steps.size());
}

// Adds the ranges that `set` does not list.
void add_others(Set& to, const Set& set) {
  std::uint32_t from = 0;
  for (const auto& [first, last] : set.ranges) {
    if (first > from) to.ranges.emplace_back(from, first - 1);
    from = last + 1;
  }
  to.ranges.emplace_back(from, kLastCode);
}

}  // namespace

std::pair<std::uint32_t, std::size_t> decode_utf8(std::string_view text, std::size_t at) noexcept {
  constexpr std::pair<std::uint32_t, std::size_t> kBad = {0xfffd, 1};
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || !is_utf8(text.substr(at, size))) return kBad;
  if (text.size() - at < size) return kBad;
  std::uint32_t code = first & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    code = code << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3fU);
  }
  return {code, size};
}

Status RegexParser::parse() {
  if (text_.size() > kMaxPattern) return fault("the pattern is longer than 1024 bytes");
  parse_flags();
  auto all = parse_choice(0);
  if (!all) return all.error();
  if (!at_end()) return fault("there is no group to close");
  steps = std::move(*all);
  steps.push_back({Op::kMatch});
  return {};
}

void RegexParser::parse_flags() {
  for (const std::string_view flags : {"(?i)", "(?s)", "(?is)", "(?si)"}) {
    if (!text_.starts_with(flags)) continue;
    ignores_case_ = flags.find('i') != std::string_view::npos;
    dot_takes_all_ = flags.find('s') != std::string_view::npos;
    at_ = flags.size();
  }
}

Result<RegexParser::Steps> RegexParser::parse_choice(int depth) {
  if (depth > kMaxDepth) return fault("groups stand deeper than 32 levels");
  auto all = parse_sequence(depth);
  while (all && take('|')) {
    auto other = parse_sequence(depth);
    if (!other) return other;
    Steps both = {{Op::kSplit, 1, size_of(*all) + 2}};
    append(both, *all);
    both.push_back({Op::kJump, size_of(*other) + 1});
    append(both, *other);
    if (both.size() > kMaxSteps) return fault("the pattern is too large");
    all = std::move(both);
  }
  return all;
}

Result<RegexParser::Steps> RegexParser::parse_sequence(int depth) {
  Steps all;
  while (!at_end() && peek() != '|' && peek() != ')') {
    auto atom = parse_atom(depth);
    if (!atom) return atom;
    auto repeated = parse_repeats(std::move(*atom));
    if (!repeated) return repeated;
    append(all, *repeated);
    if (all.size() > kMaxSteps) return fault("the pattern is too large");
  }
  return all;
}

Result<RegexParser::Steps> RegexParser::parse_atom(int depth) {
  switch (peek()) {
    case '(':
      return parse_group(depth);
    case '[':
      return parse_set();
    case '\\':
      return parse_escape();
    case '*':
    case '+':
    case '?':
      return fault("there is nothing to repeat");
    case '^':
      ++at_;
      return Steps{{Op::kBegin}};
    case '$':
      ++at_;
      return Steps{{Op::kEnd}};
    default:
      break;
  }
  Set set;
  if (take('.')) {
    set.negated = true;
    if (!dot_takes_all_) set.ranges = {{'\n', '\n'}};
  } else {
    const std::uint32_t code = take_code();
    set.ranges = {{code, code}};
  }
  return one(std::move(set));
}

Result<RegexParser::Steps> RegexParser::parse_group(int depth) {
  ++at_;
  if (take('?') && !take(':')) return fault("only (?: ) and a leading (?i), (?s) are understood");
  auto inside = parse_choice(depth + 1);
  if (inside && !take(')')) return fault("the group has no end");
  return inside;
}

Result<RegexParser::Steps> RegexParser::parse_repeats(Steps atom) {
  int least = 0;
  int most = kNoLimit;
  if (take('?')) {
    most = 1;
  } else if (take('+')) {
    least = 1;
  } else if (!take('*') && !parse_counts(least, most)) {
    return atom;
  }
  take('?');
  int ignored = 0;
  const std::size_t here = at_;
  const bool again = peek() == '*' || peek() == '+' || parse_counts(ignored, ignored);
  at_ = here;
  if (again) return fault("a repetition is repeated");
  if (least > kMaxCount || most > kMaxCount) return fault("a repetition counts over 1000");
  if (most != kNoLimit && least > most) return fault("a repetition's limits are the wrong way");
  return repeat(atom, least, most);
}

// {n}, {n,} or {n,m}; what looks otherwise stands for itself, as in RE2.
bool RegexParser::parse_counts(int& least, int& most) {
  if (peek() != '{') return false;
  const std::size_t end = text_.find('}', at_);
  if (end == std::string_view::npos) return false;
  const auto counts = split(text_.substr(at_ + 1, end - at_ - 1), ',');
  const auto first = parse_unsigned(counts.front());
  if (!first || counts.size() > 2) return false;
  const auto clamp = [](std::uint64_t n) { return n > kMaxCount ? kMaxCount + 1 : int(n); };
  least = clamp(*first);
  most = least;
  if (counts.size() == 2) {
    const auto last = parse_unsigned(counts[1]);
    if (!last && !counts[1].empty()) return false;
    most = last ? clamp(*last) : kNoLimit;
  }
  at_ = end + 1;
  return true;
}

Result<RegexParser::Steps> RegexParser::repeat(const Steps& atom, int least, int most) {
  const std::size_t times = static_cast<std::size_t>(most == kNoLimit ? least + 1 : most);
  if ((atom.size() + 2) * times > kMaxSteps) return fault("the pattern is too large");
  Steps all;
  for (int i = 0; i < least; ++i) append(all, atom);
  if (most == kNoLimit) {
    all.push_back({Op::kSplit, 1, size_of(atom) + 2});
    append(all, atom);
    all.push_back({Op::kJump, -size_of(atom) - 1});
  }
  for (int i = least; i < most; ++i) {
    all.push_back({Op::kSplit, 1, size_of(atom) + 1});
    append(all, atom);
  }
  return all;
}

Result<RegexParser::Steps> RegexParser::parse_escape() {
  if (at_ + 1 < text_.size()) {
    const char letter = text_[at_ + 1];
    if (auto set = class_of(letter)) {
      at_ += 2;
      return one(std::move(*set));
    }
    if (letter == 'b' || letter == 'B') {
      at_ += 2;
      return Steps{{letter == 'b' ? Op::kEdge : Op::kNoEdge}};
    }
  }
  const auto code = parse_set_character();
  if (!code) return code.error();
  Set set;
  set.ranges = {{*code, *code}};
  return one(std::move(set));
}

Result<RegexParser::Steps> RegexParser::parse_set() {
  const std::size_t begin = at_++;
  Set set;
  set.negated = take('^');
  do {
    if (at_end()) break;
    if (auto done = parse_set_item(set); !done) return done.error();
  } while (!at_end() && peek() != ']');
  if (take(']')) return one(std::move(set));
  at_ = begin;
  return fault("the set has no end");
}

Status RegexParser::parse_set_item(Set& set) {
  if (text_.substr(at_).starts_with("[:")) return fault("[: :] is not understood: write ranges");
  const auto named =
      peek() == '\\' && at_ + 1 < text_.size() ? class_of(text_[at_ + 1]) : std::nullopt;
  if (named) {
    at_ += 2;
    if (named->negated) {
      add_others(set, *named);
    } else {
      set.ranges.insert(set.ranges.end(), named->ranges.begin(), named->ranges.end());
    }
    return {};
  }
  auto first = parse_set_character();
  if (!first) return first.error();
  auto last = first;
  if (peek() == '-' && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
    ++at_;
    last = parse_set_character();
    if (!last) return last.error();
  }
  if (*first > *last) return fault("a range is the wrong way");
  set.ranges.emplace_back(*first, *last);
  return {};
}

Result<std::uint32_t> RegexParser::parse_set_character() {
  if (!take('\\')) return take_code();
  const char letter = peek();
  if (const auto control = control_of(letter)) {
    ++at_;
    return static_cast<std::uint32_t>(*control);
  }
  if (letter == 'x') {
    std::uint32_t code = 0;
    for (int i = 1; i <= 2; ++i) {
      const char c = at_ + 2 < text_.size() ? ascii_lower(text_[at_ + i]) : '\0';
      const std::size_t digit = std::string_view("0123456789abcdef").find(c);
      if (digit == std::string_view::npos) return fault("\\x needs two hexadecimal digits");
      code = code << 4 | static_cast<std::uint32_t>(digit);
    }
    at_ += 3;
    return code;
  }
  if (letter != '\0' && kSigns.find(letter) != std::string_view::npos) {
    ++at_;
    return static_cast<std::uint32_t>(letter);
  }
  return fault("the escape is not understood");
}

RegexParser::Steps RegexParser::one(Set set) {
  set.ignores_case = ignores_case_;
  sets.push_back(std::move(set));
  return {{Op::kSet, static_cast<std::int32_t>(sets.size() - 1)}};
}

Error RegexParser::fault(std::string_view what) const {
  return {Code::kInvalidArgument,
          "pattern, character " + std::to_string(at_ + 1) + ": " + std::string(what)};
}

bool RegexParser::take(char c) noexcept {
  if (at_end() || text_[at_] != c) return false;
  ++at_;
  return true;
}

std::uint32_t RegexParser::take_code() {
  const auto [code, size] = decode_utf8(text_, at_);
  at_ += size;
  return code;
}

}  // namespace edge::blocks::cel
