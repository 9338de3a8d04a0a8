#include "edge/base/wrap.h"

#include <gtest/gtest.h>

namespace edge {
namespace {

constexpr Columns kNarrow = {.first = 4, .end = 12};

TEST(Wrap, WordsThatFitStayInOneLine) {
  EXPECT_EQ(wrap_words("one two", kNarrow), "one two");
  EXPECT_EQ(wrap_words("", kNarrow), "");
}

TEST(Wrap, ALineEndsBeforeTheWordThatWouldPassTheEnd) {
  EXPECT_EQ(wrap_words("one two3 four", kNarrow), "one two3\n    four");
  EXPECT_EQ(wrap_words("one two34", kNarrow), "one\n    two34");
}

TEST(Wrap, AWordLongerThanALineStandsAlone) {
  EXPECT_EQ(wrap_words("a muchlongerword b", kNarrow), "a\n    muchlongerword\n    b");
}

}  // namespace
}  // namespace edge
