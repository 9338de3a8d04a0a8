#include "edge/blocks/pubsub/cel/regex.h"

#include <algorithm>
#include <tuple>

#include "edge/blocks/pubsub/cel/regex_parser.h"

namespace edge::blocks::cel {
namespace {

// U+0000 outside of the text: no word character, which is what \b asks.
constexpr std::uint32_t kOutside = 0;

std::uint32_t other_case(std::uint32_t code) noexcept {
  const std::uint32_t lower = code | 0x20;
  return lower >= 'a' && lower <= 'z' && code < 0x80 ? code ^ 0x20 : code;
}

bool is_word(std::uint32_t code) noexcept {
  const std::uint32_t lower = code | 0x20;
  return (code >= '0' && code <= '9') || code == '_' ||
         (code < 0x80 && lower >= 'a' && lower <= 'z');
}

// Between two characters of the text.
struct Place {
  std::uint32_t before = kOutside;
  std::uint32_t after = kOutside;
  bool begin = true;
  bool end = false;
};

// The steps that are alive at one place; each is there once, so work is bounded.
class Threads {
 public:
  explicit Threads(const std::vector<Regex::Step>& steps) : steps_(steps), seen_(steps.size()) {}

  // Whether the match is reached. Goes on over every step that takes no character.
  bool add(std::int32_t start, const Place& place) {
    stack_.push_back(start);
    while (!stack_.empty()) {
      const std::int32_t at = stack_.back();
      stack_.pop_back();
      if (seen_[at] != 0) continue;
      seen_[at] = 1;
      marked_.push_back(at);
      const Regex::Step& step = steps_[at];
      switch (step.op) {
        case Regex::Op::kMatch:
          stack_.clear();
          return true;
        case Regex::Op::kSet:
          waiting.push_back(at);
          break;
        case Regex::Op::kSplit:
          stack_.push_back(at + step.y);
          [[fallthrough]];
        case Regex::Op::kJump:
          stack_.push_back(at + step.x);
          break;
        default:
          if (holds(step.op, place)) stack_.push_back(at + 1);
          break;
      }
    }
    return false;
  }

  void clear() {
    for (const std::int32_t at : marked_) seen_[at] = 0;
    marked_.clear();
    waiting.clear();
  }

  std::vector<std::int32_t> waiting;  // for a character

 private:
  static bool holds(Regex::Op op, const Place& place) noexcept {
    if (op == Regex::Op::kBegin) return place.begin;
    if (op == Regex::Op::kEnd) return place.end;
    const bool edge = is_word(place.before) != is_word(place.after);
    return edge == (op == Regex::Op::kEdge);
  }

  const std::vector<Regex::Step>& steps_;
  std::vector<char> seen_;
  std::vector<std::int32_t> marked_;
  std::vector<std::int32_t> stack_;
};

}  // namespace

bool Regex::Set::lists(std::uint32_t code) const noexcept {
  return std::any_of(ranges.begin(), ranges.end(), [code](const auto& range) {
    return code >= range.first && code <= range.second;
  });
}

bool Regex::Set::holds(std::uint32_t code) const noexcept {
  const bool listed = lists(code) || (ignores_case && lists(other_case(code)));
  return listed != negated;
}

Result<Regex> Regex::compile(std::string_view pattern) {
  RegexParser parser(pattern);
  if (auto done = parser.parse(); !done) return done.error();
  Regex regex;
  regex.steps_ = std::move(parser.steps);
  regex.sets_ = std::move(parser.sets);
  return regex;
}

bool Regex::finds(std::string_view text) const {
  std::vector<std::int32_t> now;  // wait for the character before the place
  Threads next(steps_);
  Place place;
  std::size_t at = 0;
  std::size_t size = 0;
  while (true) {
    place.end = at == text.size();
    place.after = kOutside;
    if (!place.end) std::tie(place.after, size) = decode_utf8(text, at);
    const auto takes = [this, &next, &place](std::int32_t step) {
      const auto set = static_cast<std::size_t>(steps_[step].x);
      return sets_[set].holds(place.before) && next.add(step + 1, place);
    };
    if (std::any_of(now.begin(), now.end(), takes)) return true;
    if (next.add(0, place)) return true;
    if (place.end) return false;
    now.clear();
    std::swap(now, next.waiting);
    next.clear();
    place.before = place.after;
    place.begin = false;
    at += size;
  }
}

}  // namespace edge::blocks::cel
