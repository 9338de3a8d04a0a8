#include <gtest/gtest.h>

#include "edge/api/http/url_channels.h"

namespace edge::api {
namespace {

TEST(Url, IsTakenApart) {
  const auto plain = parse_url("http://api.test");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->secure);
  EXPECT_EQ(plain->host, "api.test");
  EXPECT_EQ(plain->port, 80);
  EXPECT_EQ(plain->path, "");
  const auto full = parse_url("HTTPS://[::1]:8443/base/");
  ASSERT_TRUE(full);
  EXPECT_TRUE(full->secure);
  EXPECT_EQ(full->host, "::1");
  EXPECT_EQ(full->port, 8443);
  EXPECT_EQ(full->authority, "[::1]:8443");
  EXPECT_EQ(full->path, "/base");
  EXPECT_EQ(parse_url("https://a.test")->port, 443);
}

TEST(Url, SaysWhatIsWrong) {
  for (const char* bad : {"ftp://x", "http://", "http://:80", "http://h:0", "http://h:70000",
                          "http://h:x", "http://[::1", "http://user@h", "http://h/a b",
                          "http://h?q", "http://h\r\nX: y", "http://[::1]x"}) {
    const auto url = parse_url(bad);
    ASSERT_FALSE(url) << bad;
    EXPECT_TRUE(url.error().message.starts_with("invalid URL ")) << url.error().message;
  }
}

}  // namespace
}  // namespace edge::api
