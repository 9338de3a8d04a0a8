#include "edge/api/http/not_configured.h"

#include <gtest/gtest.h>

namespace edge::api {
namespace {

TEST(NotConfigured, AnswersAsADaprdWithoutTheComponent) {
  const auto publish = not_configured("POST", "/v1.0/publish/ps/a/b");
  ASSERT_TRUE(publish);
  EXPECT_EQ(publish->http, 404);
  EXPECT_EQ(publish->message, "pubsub ps is not found");
  EXPECT_EQ(not_configured("POST", "/v1.0-alpha1/publish/bulk/ps/t")->message,
            "pubsub ps is not found");
  EXPECT_EQ(not_configured("PUT", "/v1.0/bindings/b")->message,
            "error invoking output binding b: couldn't find output binding b");
  EXPECT_EQ(not_configured("GET", "/v1.0/secrets/s/k")->tag, "ERR_SECRET_STORES_NOT_CONFIGURED");
  EXPECT_EQ(not_configured("GET", "/v1.0-alpha1/configuration/c")->http, 500);
}

TEST(NotConfigured, LeavesTheRestAlone) {
  EXPECT_FALSE(not_configured("GET", "/v1.0/publish/ps/t"));
  EXPECT_FALSE(not_configured("POST", "/v1.0/publish"));
  EXPECT_FALSE(not_configured("GET", "/v1.0/state/s/k"));
  EXPECT_FALSE(not_configured("GET", "/orders/secrets/x"));
}

}  // namespace
}  // namespace edge::api
