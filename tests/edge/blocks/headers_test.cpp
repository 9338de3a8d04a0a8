#include "edge/blocks/invoke/headers.h"

#include <gtest/gtest.h>

namespace edge::blocks {
namespace {

TEST(Headers, WhatBelongsToOneHopStaysInBothDirections) {
  for (const char* name : {"Connection", "keep-alive", "Proxy-Connection", "TRANSFER-ENCODING",
                           "Upgrade", "HTTP2-Settings", "TE", "Trailer", "Proxy-Authorization",
                           "Proxy-Authenticate", "Content-Length"}) {
    EXPECT_FALSE(travels_with_request({name, "x"}, {})) << name;
    EXPECT_FALSE(travels_with_reply({name, "x"}, {})) << name;
  }
}

TEST(Headers, TheHubsOwnBusinessDoesNotReachTheCallee) {
  for (const char* name :
       {"dapr-api-token", "Dapr-App-Id", "dapr-caller-app-id", "DAPR-CALLEE-APP-ID",
        "dapr-caller-namespace", "destination-app-id", "Host", "Expect"}) {
    EXPECT_FALSE(travels_with_request({name, "x"}, {})) << name;
  }
}

TEST(Headers, BinaryAndEmptyOnesDoNotTravel) {
  EXPECT_FALSE(travels_with_request({"trace-bin", "x"}, {}));
  EXPECT_FALSE(travels_with_request({"x-empty", ""}, {}));
  EXPECT_TRUE(travels_with_reply({"x-empty", ""}, {}));
}

TEST(Headers, OrdinaryOnesTravel) {
  for (const char* name : {"Accept", "content-type", "traceparent", "tracestate", "baggage",
                           "X-Forwarded-For", "Cookie", "Date", "ETag", "user-agent", "bin"}) {
    EXPECT_TRUE(travels_with_request({name, "x"}, {})) << name;
    EXPECT_TRUE(travels_with_reply({name, "x"}, {})) << name;
  }
}

TEST(Headers, NamesThatConnectionListsStay) {
  HeaderList headers;
  headers.add("X-Hop", "1");
  headers.add("Connection", "close, X-Hop ");
  headers.add("connection", "other");
  const auto options = connection_options(headers);
  EXPECT_FALSE(travels_with_request({"x-hop", "1"}, options));
  EXPECT_FALSE(travels_with_reply({"Other", "1"}, options));
  EXPECT_TRUE(travels_with_request({"x-hope", "1"}, options));
}

}  // namespace
}  // namespace edge::blocks
