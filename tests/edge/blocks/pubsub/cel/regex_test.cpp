#include "edge/blocks/pubsub/cel/regex.h"

#include <gtest/gtest.h>

namespace edge::blocks::cel {
namespace {

struct Case {
  std::string pattern;
  std::string text;
  bool found;
};

TEST(Regex, FindsAsRe2Does) {
  const std::vector<Case> cases = {
      {"", "", true},
      {"b", "abc", true},
      {"^b", "abc", false},
      {"c$", "abc", true},
      {"^abc$", "abc", true},
      {"^abc$", "abcd", false},
      {"a.c", "a\nc", false},
      {"(?s)a.c", "a\nc", true},
      {"(?i)ABC", "xabcx", true},
      {"(?i)[a-c]+$", "XBC", true},
      {"a|b|c", "xxc", true},
      {"^(ab|cd)+$", "abcdab", true},
      {"^(?:ab|cd)+$", "abc", false},
      {"^a?b*c+$", "ccc", true},
      {"^a?b*c+$", "ab", false},
      {"^a{3}$", "aaa", true},
      {"^a{3}$", "aaaa", false},
      {"^a{2,}$", "aaaa", true},
      {"^a{2,3}$", "aaaa", false},
      {"^a{0,1}$", "", true},
      {"a{x}", "a{x}", true},
      {"^[^0-9]+$", "abc", true},
      {"^[^0-9]+$", "ab1", false},
      {"^[]a]+$", "a]a", true},
      {"^[a-]+$", "a-a", true},
      {"^[\\d_]+$", "1_2", true},
      {"^[\\D]+$", "a1", false},
      {"^\\w+\\s\\S+$", "one two", true},
      {"\\bcat\\b", "a cat sat", true},
      {"\\bcat\\b", "concatenate", false},
      {"\\Bcat\\B", "concatenate", true},
      {"^a\\.b$", "a.b", true},
      {"^a\\.b$", "axb", false},
      {"^\\x41\\n$", "A\n", true},
      {"^ü.$", "üß", true},
      {"^[ä-ü]$", "ö", true},
      {"^.$", "\xff", true},
      {"^(a*)*$", "aaaa", true},
      {"^(a|aa)+?$", "aaa", true},
  };
  for (const Case& one : cases) {
    const auto regex = Regex::compile(one.pattern);
    ASSERT_TRUE(regex) << one.pattern << ": " << regex.error().message;
    EXPECT_EQ(regex->finds(one.text), one.found) << one.pattern << " in " << one.text;
  }
}

TEST(Regex, NamesWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"(", "pattern, character 2: the group has no end"},
      {"a)", "pattern, character 2: there is no group to close"},
      {"*a", "pattern, character 1: there is nothing to repeat"},
      {"a**", "pattern, character 3: a repetition is repeated"},
      {"[a", "pattern, character 1: the set has no end"},
      {"[z-a]", "pattern, character 5: a range is the wrong way"},
      {"(a)\\1", "pattern, character 5: the escape is not understood"},
      {"(?<n>a)", "pattern, character 3: only (?: ) and a leading (?i), (?s) are understood"},
      {"a{3,2}", "pattern, character 7: a repetition's limits are the wrong way"},
      {"a{1001}", "pattern, character 8: a repetition counts over 1000"},
      {"((((a{99}){99}){99}){99})", "pattern, character 15: the pattern is too large"},
      {"\\", "pattern, character 2: the escape is not understood"},
      {"\\x4", "pattern, character 2: \\x needs two hexadecimal digits"},
      {"[[:alpha:]]", "pattern, character 2: [: :] is not understood: write ranges"},
  };
  for (const auto& [pattern, message] : cases) {
    const auto regex = Regex::compile(pattern);
    ASSERT_FALSE(regex) << pattern;
    EXPECT_EQ(regex.error().message, message) << pattern;
  }
  EXPECT_FALSE(Regex::compile(std::string(1025, 'a')));
  EXPECT_FALSE(Regex::compile(std::string(40, '(')));
}

// Backtracking would not come to an end.
TEST(Regex, TakesNoLongerForPatternsThatBacktrack) {
  const auto regex = Regex::compile("^(a?){50}a{50}(x+x+)+y$");
  ASSERT_TRUE(regex);
  EXPECT_FALSE(regex->finds(std::string(50, 'a') + std::string(2000, 'x')));
}

}  // namespace
}  // namespace edge::blocks::cel
