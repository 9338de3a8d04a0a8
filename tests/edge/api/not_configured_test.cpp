#include "edge/api/http/not_configured.h"

#include <gtest/gtest.h>

namespace edge::api {
namespace {

TEST(NotConfigured, AnswersAsADaprdWithoutTheComponent) {
  EXPECT_EQ(not_configured("PUT", "/v1.0/bindings/b")->message,
            "error invoking output binding b: couldn't find output binding b");
}

TEST(NotConfigured, LeavesTheRestAlone) {
  EXPECT_FALSE(not_configured("GET", "/v1.0/publish/ps/t"));
  EXPECT_FALSE(not_configured("POST", "/v1.0/publish"));
  EXPECT_FALSE(not_configured("GET", "/v1.0/state/s/k"));
  EXPECT_FALSE(not_configured("GET", "/v1.0/secrets/s/k"));
  EXPECT_FALSE(not_configured("GET", "/orders/secrets/x"));
}

}  // namespace
}  // namespace edge::api
