#include "edge/net/h2c/upgrade.h"

#include <string>

#include <gtest/gtest.h>

namespace edge::h2c {
namespace {

constexpr const char* kUsual = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n";

http1::Head& parsed(http1::Head& head, const std::string& lines) {
  const std::string text = "GET /p?q HTTP/1.1\r\nHost: h:1\r\n" + lines + "\r\n";
  const auto progress = http1::parse_request(text, 8192, head);
  EXPECT_TRUE(progress && progress->complete) << lines;
  return head;
}

std::string settings(const std::string& lines) {
  http1::Head head;
  return settings_of(parsed(head, lines)).value_or("none");
}

TEST(UpgradeTest, HasSettings) {
  const std::string window("\0\4\0\1\0\0", 6);
  EXPECT_EQ(settings(std::string(kUsual) + "HTTP2-Settings: AAQAAQAA\r\n"), window);
  EXPECT_EQ(settings("connection: http2-settings,upgrade\r\nupgrade: ws, h2c\r\n"
                     "http2-settings: AAQAAQAA\r\n"),
            window);
  EXPECT_EQ(settings(std::string(kUsual) + "HTTP2-Settings:\r\n"), "");
  // The alphabet is that of URLs.
  EXPECT_EQ(settings(std::string(kUsual) + "HTTP2-Settings: AAT_-wAA\r\n"),
            std::string("\0\4\xff\xfb\0\0", 6));
}

TEST(UpgradeTest, IsWrittenInOneWay) {
  EXPECT_EQ(settings(kUsual), "none");
  const std::string some = "HTTP2-Settings: AAQAAQAA\r\n";
  EXPECT_EQ(settings(kUsual + some + some), "none");
  EXPECT_EQ(settings("Connection: Upgrade\r\nUpgrade: h2c\r\n" + some), "none");
  EXPECT_EQ(settings("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2\r\n" + some), "none");
  EXPECT_EQ(settings(std::string(kUsual) + "HTTP2-Settings: AAQAAQ\r\n"), "none");
  EXPECT_EQ(settings(std::string(kUsual) + "HTTP2-Settings: !\r\n"), "none");
  EXPECT_EQ(settings(std::string(kUsual) + "HTTP2-Settings: " + std::string(800, 'A') + "\r\n"),
            "none");
}

TEST(UpgradeTest, LeavesBehindWhatIsTheConnections) {
  http1::Head head;
  parsed(head, std::string("X-Kept: 1\r\nHTTP2-Settings: AAQAAQAA\r\nKeep-Alive: 5\r\n"
                           "Connection: x-hop\r\nX-Hop: 2\r\n") +
                   kUsual);
  const Upgraded upgraded(head, *settings_of(head));
  const http2::RequestHead& request = upgraded.get().request;
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.authority, "h:1");
  EXPECT_EQ(request.path, "/p?q");
  ASSERT_EQ(request.fields->size(), 1U);
  EXPECT_EQ(request.fields->begin()->name, "x-kept");
  EXPECT_EQ(request.fields->begin()->value, "1");
}

}  // namespace
}  // namespace edge::h2c
