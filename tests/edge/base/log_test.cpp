#include "edge/base/log.h"

#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <regex>
#include <sstream>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "edge/base/version.h"

namespace edge::log {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

class LogTest : public testing::Test {
 protected:
  void SetUp() override {
    capture([this](std::string_view line) { lines.emplace_back(line); });
  }
  void TearDown() override {
    capture(nullptr);
    EXPECT_TRUE(configure({}).has_value());
  }
  std::vector<std::string> lines;
};

std::string without_time(const std::string& line) {
  return std::regex_replace(line, std::regex("20[0-9-]+T[0-9:.]+Z"), "T");
}

TEST_F(LogTest, WritesJsonAsDaprdDoes) {
  ASSERT_TRUE(configure({.format = Format::kJson, .app_id = "a", .instance = "host"}).has_value());
  warn("dapr.runtime", "hello", {{"method", "GET"}, {"zone", "z"}});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(without_time(lines[0]),
            R"({"app_id":"a","instance":"host","level":"warning","method":"GET","msg":"hello",)"
            R"("scope":"dapr.runtime","time":"T","type":"log","ver":")" +
                std::string(kVersion) + R"(","zone":"z"})");
}

TEST_F(LogTest, WritesTextAsLogrusDoes) {
  ASSERT_TRUE(configure({.app_id = "a", .instance = "host"}).has_value());
  info("dapr.runtime", "app id: a", {{"code", "200"}});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(without_time(lines[0]),
            "time=\"T\" level=info msg=\"app id: a\" app_id=a code=200 instance=host "
            "scope=dapr.runtime type=log ver=" +
                std::string(kVersion));
}

TEST_F(LogTest, StampsTheTimeInNanoseconds) {
  info("s", "m");
  EXPECT_THAT(lines.at(0), MatchesRegex("time=\"20[0-9-]+T[0-9:]+\\.[0-9]{9}Z\" .*"));
}

TEST_F(LogTest, OmitsWhatAHubDoesNotHave) {
  ASSERT_TRUE(configure({.format = Format::kJson}).has_value());
  info("s", "m");
  const auto line = nlohmann::json::parse(lines.at(0));
  EXPECT_FALSE(line.contains("app_id"));
  EXPECT_FALSE(line.contains("instance"));
}

TEST_F(LogTest, LetsALineNameItsApp) {
  ASSERT_TRUE(configure({.format = Format::kJson, .app_id = "default"}).has_value());
  info("s", "m", {{"app_id", "other"}});
  EXPECT_EQ(nlohmann::json::parse(lines.at(0))["app_id"], "other");
}

TEST_F(LogTest, KeepsFieldsFromForgingTheLine) {
  ASSERT_TRUE(configure({.format = Format::kJson}).has_value());
  info("s", "m", {{"level", "fatal"}, {"msg", "x"}, {"time", "y"}});
  const auto line = nlohmann::json::parse(lines.at(0));
  EXPECT_EQ(line["level"], "info");
  EXPECT_EQ(line["msg"], "m");
  EXPECT_EQ(line["fields.level"], "fatal");
}

TEST_F(LogTest, EscapesWhatWouldBreakATextLine) {
  info("s", "a\nb\r\t\x1B[31m\"\\\x7F");
  EXPECT_THAT(lines.at(0), HasSubstr(R"(msg="a\nb\r\t\x1b[31m\"\\\x7f")"));
  info("s", "x \xFF \u009b \u2028 \u202e \u6cf3\U0001F600");
  EXPECT_THAT(lines.at(1), HasSubstr("msg=\"x \\xff \\u009b \\u2028 \\u202e \u6cf3\U0001F600\""));
}

TEST_F(LogTest, EscapesWhatWouldBreakAJsonLine) {
  ASSERT_TRUE(configure({.format = Format::kJson}).has_value());
  info("s", "a\nb\x1B\xFF", {{"k\n", "v\n"}});
  EXPECT_THAT(lines.at(0), Not(HasSubstr("\n")));
  const auto line = nlohmann::json::parse(lines.at(0));
  EXPECT_EQ(line["msg"], "a\nb\x1B\xEF\xBF\xBD");
  EXPECT_EQ(line["k\n"], "v\n");
}

TEST_F(LogTest, DropsWhatIsUnderTheLevel) {
  ASSERT_TRUE(configure({.level = Level::kWarning}).has_value());
  debug("s", "d");
  info("s", "i");
  warn("s", "w");
  error("s", "e");
  write(Level::kFatal, "s", "f");
  EXPECT_EQ(lines.size(), 3U);
  EXPECT_FALSE(enabled(Level::kInfo));
  EXPECT_TRUE(enabled(Level::kFatal));
}

TEST(LogLevel, IsParsedByName) {
  EXPECT_EQ(parse_level("debug").value(), Level::kDebug);
  EXPECT_EQ(parse_level("WARN").value(), Level::kWarning);
  EXPECT_EQ(parse_level("warning").value(), Level::kWarning);
  EXPECT_EQ(parse_level("loud").error().message,
            "unknown log level \"loud\": use debug, info, warn, error or fatal");
}

TEST(LogFile, SaysWhyItCannotBeOpened) {
  const Status status = configure({.file = "/nonexistent/dir/log"});
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().message,
            "open log file /nonexistent/dir/log: No such file or directory");
}

// A file of its own that is removed with its owner.
class TempFile {
 public:
  TempFile() : path(testing::TempDir() + "edge_log_XXXXXX") { ::close(::mkstemp(path.data())); }
  ~TempFile() { ::unlink(path.c_str()); }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  [[nodiscard]] std::vector<std::string> lines() const {
    std::ifstream in(path);
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
  }
  std::string path;
};

TEST(LogFile, KeepsLinesWholeWithManyThreads) {
  const TempFile file;
  ASSERT_TRUE(configure({.format = Format::kJson, .file = file.path}).has_value());
  testing::internal::CaptureStdout();
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 250; ++i) info("s", std::string(300, 'x'));
    });
  }
  threads.clear();
  const std::string printed = testing::internal::GetCapturedStdout();
  ASSERT_TRUE(configure({}).has_value());
  const std::vector<std::string> lines = file.lines();
  EXPECT_EQ(lines.size(), 1000U);
  for (const std::string& line : lines) EXPECT_TRUE(nlohmann::json::accept(line)) << line;
  EXPECT_EQ(std::ranges::count(printed, '\n'), 1000);
}

TEST(LogFile, IsAppendedTo) {
  const TempFile file;
  testing::internal::CaptureStdout();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(configure({.file = file.path}).has_value());
    info("s", "again");
  }
  ASSERT_TRUE(configure({}).has_value());
  testing::internal::GetCapturedStdout();
  EXPECT_EQ(file.lines().size(), 2U);
}

}  // namespace
}  // namespace edge::log
