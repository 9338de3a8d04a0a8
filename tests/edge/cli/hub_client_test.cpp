#include "edge/cli/hub_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/cli/run/ports.h"

namespace edge::cli {
namespace {

using testing::HasSubstr;

HubAnswer answer(int status, std::string body) {
  return {status, {}, std::move(body)};
}

TEST(HubClient, ARefusalIsDaprsMessage) {
  const Error error = refusal(answer(500, R"({"errorCode":"ERR_X","message":"no such thing"})"));
  EXPECT_EQ(error.message, "no such thing");
  EXPECT_EQ(error.code, Code::kUnknown);
}

TEST(HubClient, ARefusalWithoutMessageIsShown) {
  EXPECT_EQ(refusal(answer(502, "bad gateway\n")).message, "status 502: bad gateway");
  EXPECT_EQ(refusal(answer(503, "")).message, "status 503");
  EXPECT_EQ(refusal(answer(500, R"({"message":3})")).message, R"(status 500: {"message":3})");
}

TEST(HubClient, ARefusalSaysThatATokenIsMissing) {
  const Error error = refusal(answer(401, "invalid api token\n"));
  EXPECT_EQ(error.code, Code::kUnauthenticated);
  EXPECT_EQ(error.message, "status 401: invalid api token; set DAPR_API_TOKEN to the app's token");
}

TEST(HubClient, SaysWhereNobodyAnswersAndWhatToDo) {
  const auto ports = free_ports(1);
  ASSERT_TRUE(ports);
  HubAddress hub;
  hub.address = {"127.0.0.1", ports->front(), ""};
  const auto by_default = send(hub, {.target = "/"});
  ASSERT_FALSE(by_default);
  EXPECT_EQ(by_default.error().code, Code::kUnavailable);
  EXPECT_THAT(by_default.error().message, HasSubstr("start one with edgelane run or edgelaned"));
  hub.is_chosen = true;
  EXPECT_THAT(send(hub, {.target = "/"}).error().message, HasSubstr("start one there"));
}

TEST(HubClient, SendsNoHeaderThatWouldBeTwo) {
  HubAddress hub;
  hub.address = {"127.0.0.1", 1, ""};
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"a", "b\r\nc: d"}, {"a b", "c"}, {"", "c"}, {"a:", "c"}}) {
    const auto sent = send(hub, {.target = "/", .headers = {{name, value}}});
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, Code::kInvalidArgument) << name;
  }
  EXPECT_EQ(send(hub, {.verb = "GET /x", .target = "/"}).error().code, Code::kInvalidArgument);
}

TEST(HubClient, WhatStandsInAUrl) {
  EXPECT_EQ(url_escaped("a b&c-d"), "a%20b%26c-d");
  EXPECT_EQ(url_escaped("floor/+/#"), "floor%2f%2b%2f%23");
  EXPECT_EQ(url_escaped("v1.2"), "v1.2");
  EXPECT_EQ(url_escaped(".."), "%2e%2e") << "no step up";
}

}  // namespace
}  // namespace edge::cli
