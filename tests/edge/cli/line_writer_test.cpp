#include "edge/cli/run/line_writer.h"

#include <gtest/gtest.h>

namespace edge::cli {
namespace {

class LineWriterTest : public testing::Test {
 protected:
  std::string out_;
  LineWriter writer_{"== APP == ", [this](std::string_view bytes) { out_ += bytes; }};
};

TEST_F(LineWriterTest, PrefixesEachLine) {
  writer_.take("one\ntwo\n\n");
  EXPECT_EQ(out_, "== APP == one\n== APP == two\n== APP == \n");
}

TEST_F(LineWriterTest, WaitsForTheEndOfALine) {
  writer_.take("on");
  writer_.take("e");
  EXPECT_EQ(out_, "");
  writer_.take("\ntw");
  EXPECT_EQ(out_, "== APP == one\n");
  writer_.take("o");
  writer_.finish();
  writer_.finish();
  EXPECT_EQ(out_, "== APP == one\n== APP == two\n");
}

TEST_F(LineWriterTest, BreaksALineThatDoesNotEnd) {
  const std::size_t most = std::size_t{64} * 1024;
  for (std::size_t i = 0; i < most + 10; ++i) writer_.take("x");
  EXPECT_EQ(out_, "== APP == " + std::string(most, 'x') + "\n");
  writer_.take("\n");
  EXPECT_EQ(out_.substr(out_.size() - 21), "== APP == xxxxxxxxxx\n");
}

TEST_F(LineWriterTest, PassesOnABigPieceWhole) {
  std::string text;
  std::string expected;
  for (int i = 0; i < 20000; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    text += line;
    expected += "== APP == " + line;
  }
  writer_.take(text);
  EXPECT_EQ(out_, expected);
}

}  // namespace
}  // namespace edge::cli
