#include "edge/base/read_file.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>

#include <gtest/gtest.h>

namespace edge {
namespace {

// A file that holds `text` until it goes away.
class Written {
 public:
  explicit Written(const std::string& text) {
    const int file = ::mkstemp(path_.data());
    EXPECT_EQ(::write(file, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(file);
  }
  ~Written() { std::remove(path_.c_str()); }
  Written(const Written&) = delete;
  Written& operator=(const Written&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/edge-read-file-XXXXXX";
};

TEST(ReadFile, GivesEveryByte) {
  std::string text = "a\0b\r\n";
  text.resize(200'000, 'x');
  const Written file(text);
  EXPECT_EQ(read_file(file.path(), 1'000'000).value(), text);
  EXPECT_EQ(read_file(Written("").path(), 0).value(), "");
}

TEST(ReadFile, TheLimitIsExact) {
  const Written file("12345");
  EXPECT_EQ(read_file(file.path(), 5).value(), "12345");
  const auto over = read_file(file.path(), 4);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, Code::kResourceExhausted);
}

TEST(ReadFile, SaysWhatTheSystemSays) {
  const auto missing = read_file("/nowhere/at/all", 10);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "No such file or directory");
  const auto directory = read_file("/", 10);
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().message, "Is a directory");
}

}  // namespace
}  // namespace edge
