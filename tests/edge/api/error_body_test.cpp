#include "edge/api/http/error_body.h"

#include <gtest/gtest.h>

namespace edge::api {
namespace {

TEST(ErrorBody, PlainErrorsHaveTwoMembers) {
  EXPECT_EQ(error_body({.tag = "ERR_X", .message = "a \"b\""}),
            R"({"errorCode":"ERR_X","message":"a \"b\""})");
}

// Source: wire reference §2.8, the exact body for an unknown store.
TEST(ErrorBody, StructuredErrorsCarryDetails) {
  const blocks::ApiError error{.tag = "ERR_STATE_STORE_NOT_FOUND",
                               .message = "state store foo is not found",
                               .reason = "DAPR_STATE_NOT_FOUND",
                               .metadata = {{"appID", "myapp"}}};
  EXPECT_EQ(error_body(error),
            R"({"errorCode":"ERR_STATE_STORE_NOT_FOUND","message":"state store foo is not found",)"
            R"("details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","domain":"dapr.io",)"
            R"("metadata":{"appID":"myapp"},"reason":"DAPR_STATE_NOT_FOUND"}]})");
}

TEST(ErrorBody, DetailsComeInDaprsOrder) {
  const blocks::ApiError error{.tag = "T",
                               .message = "m",
                               .reason = "R",
                               .resource_type = "state",
                               .resource_name = "s",
                               .field = "k"};
  const std::string body = error_body(error);
  const auto request = body.find("BadRequest");
  const auto resource = body.find("ResourceInfo");
  const auto info = body.find("ErrorInfo");
  EXPECT_LT(request, resource);
  EXPECT_LT(resource, info);
  EXPECT_NE(body.find("\"metadata\":null"), std::string::npos);
}

TEST(ErrorBody, BytesThatAreNoTextStayValidJson) {
  EXPECT_EQ(error_body({.tag = "T", .message = "\xff"}),
            "{\"errorCode\":\"T\",\"message\":\"\xef\xbf\xbd\"}");
}

}  // namespace
}  // namespace edge::api
