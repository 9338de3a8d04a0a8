#include "edge/cli/line_splitter.h"

#include <gtest/gtest.h>

namespace edge::cli {
namespace {

TEST(LineSplitter, LinesComeWholeHoweverTheyAreCut) {
  const std::string text = "one\n\ntwo\nthree\nbegun";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    std::vector<std::string> lines;
    LineSplitter splitter([&lines](std::string_view line) {
      lines.emplace_back(line);
      return Flow::kMore;
    });
    for (std::size_t at = 0; at < text.size(); at += size) {
      EXPECT_EQ(splitter.add(std::string_view(text).substr(at, size)), Flow::kMore);
    }
    EXPECT_EQ(lines, (std::vector<std::string>{"one", "", "two", "three"})) << size;
  }
}

TEST(LineSplitter, NothingComesAfterEnough) {
  int count = 0;
  LineSplitter splitter(
      [&count](std::string_view) { return ++count == 2 ? Flow::kEnough : Flow::kMore; });
  EXPECT_EQ(splitter.add("1\n2\n3\n"), Flow::kEnough);
  EXPECT_EQ(count, 2);
}

}  // namespace
}  // namespace edge::cli
