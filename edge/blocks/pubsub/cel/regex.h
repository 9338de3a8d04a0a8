// Patterns for `matches`: matched in time proportional to pattern times text, whatever they are.
//
// Of RE2's syntax: characters, '.', [a-z] and [^a-z], \d \w \s \D \W \S, ^ and $ (of the whole
// text), \b and \B, groups ( ) and (?: ), |, * + ? {n} {n,} {n,m} (lazy forms find the same),
// \n \t \r \f \v, \xHH, a backslash before a sign, and a leading (?i), (?s) or (?is). No back
// references: RE2 has none. Bounds: 1 KiB of pattern, 32 levels, 4096 steps once repetitions are
// written out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/base/result.h"

namespace edge::blocks::cel {

class Regex {
 public:
  // Errors: kInvalidArgument, naming the character of the pattern, counted from 1.
  static Result<Regex> compile(std::string_view pattern);

  // Whether a part of the text matches.
  [[nodiscard]] bool finds(std::string_view text) const;

  // A set of characters.
  struct Set {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;
    bool negated = false;
    bool ignores_case = false;

    [[nodiscard]] bool holds(std::uint32_t code) const noexcept;
    [[nodiscard]] bool lists(std::uint32_t code) const noexcept;
  };

  enum class Op : std::uint8_t { kSet, kSplit, kJump, kBegin, kEnd, kEdge, kNoEdge, kMatch };

  // Where to go is relative to the step itself.
  struct Step {
    Op op = Op::kMatch;
    std::int32_t x = 1;  // kSet: the set; kSplit, kJump: where to go
    std::int32_t y = 1;  // kSplit: the other way
  };

 private:
  std::vector<Step> steps_;
  std::vector<Set> sets_;
};

}  // namespace edge::blocks::cel
