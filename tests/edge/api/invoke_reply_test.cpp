#include "edge/api/grpc/invoke_reply.h"

#include <string>

#include <gtest/gtest.h>

#include "edge/api/grpc/messages/status_messages.h"

namespace edge::api {
namespace {

TEST(StatusJsonTest, HasWhatIsThere) {
  EXPECT_EQ(status_json({Code::kNotFound, "no \"lamp\""}, ""),
            R"({"code":5,"message":"no \"lamp\""})");
  EXPECT_EQ(status_json({Code::kInternal, ""}, "\xff"), R"({"code":13})");
}

TEST(StatusJsonTest, ShowsDetails) {
  rpc::ErrorInfo info{"WHY", "dapr.io", {{"http.code", "404"}}};
  rpc::RpcStatus status{5, "gone", {}};
  status.details.push_back({"type.googleapis.com/google.rpc.ErrorInfo", protobuf::print(info)});
  status.details.push_back({"type.googleapis.com/x.Y", "abc"});
  EXPECT_EQ(status_json({Code::kNotFound, "gone"}, protobuf::print(status)),
            R"({"code":5,"message":"gone","details":[)"
            R"({"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"WHY",)"
            R"("domain":"dapr.io","metadata":{"http.code":"404"}},)"
            R"({"@type":"type.googleapis.com/x.Y","value":"YWJj"}]})");
}

}  // namespace
}  // namespace edge::api
