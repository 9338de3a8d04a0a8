#include <gtest/gtest.h>

#include "edge/api/http/invoke_api.h"
#include "edge/base/strings.h"

namespace edge::api {
namespace {

struct Shown {
  std::string app;
  std::string method;
  bool operator==(const Shown&) const = default;
};

std::optional<Shown> address(const HeaderList& headers, const char* target) {
  const Target parsed = parse_target(target);
  auto found = addressed_app(headers, parsed);
  if (!found) return std::nullopt;
  return Shown{found->app_id, std::string(found->method)};
}

TEST(AddressedApp, ByPath) {
  const HeaderList none;
  EXPECT_EQ(address(none, "/v1.0/invoke/lamp/method/a/b?q=1"), (Shown{"lamp", "a/b"}));
  EXPECT_EQ(address(none, "/v1.0/invoke/lamp/method/"), (Shown{"lamp", ""}));
  EXPECT_EQ(address(none, "/v1.0/invoke///lamp/method/x"), (Shown{"lamp", "x"}));
  EXPECT_EQ(address(none, "//v1.0//invoke/lamp/method/x"), (Shown{"lamp", "x"}));
  EXPECT_EQ(address(none, "/v1.0/invoke/http://h:1/method/x/method/y"),
            (Shown{"http://h:1", "x/method/y"}));
  EXPECT_EQ(address(none, "/v1.0/invoke/http%3A%2F%2Fh/method/x"), (Shown{"http://h", "x"}));
  EXPECT_EQ(address(none, "/v1.0/invoke/lamp/x"), std::nullopt);
  EXPECT_EQ(address(none, "/elsewhere"), std::nullopt);
}

TEST(AddressedApp, TheHeaderWinsAndTakesTheWholePath) {
  HeaderList headers;
  headers.add("Dapr-App-Id", "lamp");
  EXPECT_EQ(address(headers, "/a/b"), (Shown{"lamp", "a/b"}));
  EXPECT_EQ(address(headers, "/v1.0/invoke/x/method/y"), (Shown{"lamp", "v1.0/invoke/x/method/y"}));
}

TEST(AddressedApp, ByBasicAuthentication) {
  HeaderList headers;
  const std::string lamp = "Basic " + base64_encode("Dapr-App-Id:lamp");
  headers.add("Authorization", lamp);
  EXPECT_EQ(address(headers, "/on"), (Shown{"lamp", "on"}));
  HeaderList other;
  const std::string user = "Basic " + base64_encode("user:pass");
  other.add("Authorization", user);
  EXPECT_EQ(address(other, "/on"), std::nullopt);
  HeaderList url;
  const std::string with_colons = "Basic " + base64_encode("dapr-app-id:http://x");
  url.add("Authorization", with_colons);
  EXPECT_EQ(address(url, "/on"), std::nullopt);
}

}  // namespace
}  // namespace edge::api
