#include "edge/cli/output.h"

#include <gtest/gtest.h>

namespace edge::cli {
namespace {

TEST(Output, ColumnsAreAsWideAsTheirWidestCell) {
  EXPECT_EQ(
      table_text({{"APP ID", "PORT", "COMMAND"}, {"a", "12345", "./a -x"}, {"speaker", "", "-"}}),
      "APP ID   PORT   COMMAND\n"
      "a        12345  ./a -x\n"
      "speaker         -\n");
}

TEST(Output, ALineEndsWithoutBlanks) {
  EXPECT_EQ(table_text({{"A", "B"}, {"long", ""}}), "A     B\nlong\n");
}

TEST(Output, ACellCannotSpeakToTheTerminal) {
  EXPECT_EQ(table_text({{"a\nb\x1b[31m\x7f", "ключ"}}), "a b [31m   ключ\n");
}

TEST(Output, AgesAreShort) {
  using std::chrono::seconds;
  EXPECT_EQ(short_age(seconds(0)), "0s");
  EXPECT_EQ(short_age(seconds(59)), "59s");
  EXPECT_EQ(short_age(seconds(60)), "1m");
  EXPECT_EQ(short_age(seconds(7199)), "1h");
  EXPECT_EQ(short_age(seconds(3 * 86400)), "3d");
  EXPECT_EQ(short_age(seconds(-5)), "0s");
}

}  // namespace
}  // namespace edge::cli
