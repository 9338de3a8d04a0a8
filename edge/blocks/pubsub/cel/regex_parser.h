// From the text of a pattern to its steps.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "edge/blocks/pubsub/cel/regex.h"

namespace edge::blocks::cel {

class RegexParser {
 public:
  explicit RegexParser(std::string_view pattern) : text_(pattern) {}

  // Errors: kInvalidArgument, naming the character.
  Status parse();

  std::vector<Regex::Step> steps;
  std::vector<Regex::Set> sets;

 private:
  using Steps = std::vector<Regex::Step>;

  Result<Steps> parse_choice(int depth);
  Result<Steps> parse_sequence(int depth);
  Result<Steps> parse_atom(int depth);
  Result<Steps> parse_group(int depth);
  Result<Steps> parse_repeats(Steps atom);
  Result<Steps> repeat(const Steps& atom, int least, int most);
  bool parse_counts(int& least, int& most);
  Result<Steps> parse_escape();
  Result<Steps> parse_set();
  Status parse_set_item(Regex::Set& set);
  Result<std::uint32_t> parse_set_character();
  void parse_flags();
  Steps one(Regex::Set set);
  [[nodiscard]] Error fault(std::string_view what) const;
  [[nodiscard]] bool at_end() const noexcept { return at_ == text_.size(); }
  [[nodiscard]] char peek() const noexcept { return at_end() ? '\0' : text_[at_]; }
  bool take(char c) noexcept;
  std::uint32_t take_code();

  std::string_view text_;
  std::size_t at_ = 0;
  bool ignores_case_ = false;
  bool dot_takes_all_ = false;
};

// The code point that begins at `at`, and how many bytes it has; a byte that begins none stands
// for U+FFFD.
std::pair<std::uint32_t, std::size_t> decode_utf8(std::string_view text, std::size_t at) noexcept;

}  // namespace edge::blocks::cel
