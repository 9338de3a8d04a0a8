#include "edge/api/grpc/call_fields.h"

#include <string>

#include <gtest/gtest.h>

namespace edge::api {
namespace {

std::string text_of(const HeaderList& list) {
  std::string text;
  for (const Header& field : list) {
    text.append(field.name).append("=").append(field.value).append("\n");
  }
  return text;
}

std::string fields_of(const blocks::Call& call, const AppFields& app = {}) {
  return text_of(CallFields(call, app).list());
}

TEST(CallFieldsTest, HeadersOfHttpBecomeMetadata) {
  HeaderList headers;
  headers.add("X-Mine", "1");
  headers.add("Content-Type", "text/plain");
  headers.add("Connection", "x-hop");
  headers.add("X-Hop", "no");
  headers.add("Host", "no");
  headers.add("dapr-api-token", "no");
  headers.add("dapr-app-id", "no");
  headers.add("x-empty", "");
  headers.add("x-umlaut", "\xc3\xa4");
  headers.add("baggage", "a=1");
  headers.add("baggage", "b=2");
  blocks::Call call;
  call.headers = &headers;
  EXPECT_EQ(fields_of(call),
            "content-type=application/grpc\nx-mine=1\ndapr-content-type=text/plain\n"
            "baggage=a=1\nte=trailers\n");
}

TEST(CallFieldsTest, WhatIsOfTheCallItselfIsNotTheCallers) {
  HeaderList headers;
  headers.add("grpc-timeout", "1S");
  headers.add("grpc-encoding", "gzip");
  headers.add("grpc-status", "0");
  headers.add("grpc-trace-bin", "AAA");
  headers.add("x-bin", "AQ");
  headers.add("y-bin", "no base64");
  blocks::Call call;
  call.headers = &headers;
  EXPECT_EQ(fields_of(call),
            "content-type=application/grpc\ngrpc-timeout=1S\ngrpc-trace-bin=AAA\nx-bin=AQ\n"
            "te=trailers\n");
  HeaderList odd;
  odd.add("grpc-timeout", "soon");
  call.headers = &odd;
  EXPECT_EQ(fields_of(call), "content-type=application/grpc\nte=trailers\n");
}

TEST(CallFieldsTest, ACallThatIsPassedOnKeepsItsMetadata) {
  HeaderList headers;
  headers.add("content-type", "application/grpc+proto");
  headers.add("te", "trailers");
  headers.add("user-agent", "u");
  headers.add("authorization", "a");
  headers.add("grpc-encoding", "gzip");
  headers.add("grpc-timeout", "1S");
  headers.add("x-empty", "");
  headers.add("x-bin", "AQ,AQ");
  headers.add("dapr-api-token", "no");
  headers.add("dapr-app-id", "no");
  headers.add("dapr-callee-app-id", "no");
  blocks::Call call;
  call.form = blocks::CallForm::kRpc;
  call.headers = &headers;
  EXPECT_EQ(fields_of(call),
            "content-type=application/grpc+proto\nuser-agent=u\nauthorization=a\n"
            "grpc-encoding=gzip\ngrpc-timeout=1S\nx-empty=\nx-bin=AQ,AQ\nte=trailers\n");
}

TEST(CallFieldsTest, AnAppIsToldWhoCalls) {
  const HeaderList headers;
  HeaderList own;
  own.add("X-Lane", "gray");
  blocks::Call call;
  call.headers = &headers;
  call.own_headers = &own;
  call.caller = "speaker";
  call.caller_namespace = "default";
  call.target = "lamp";
  const AppFields app{"token", {{"x-forwarded-for", "10.0.0.1"}}};
  const std::string begin = "content-type=application/grpc\nte=trailers\nx-lane=gray\n";
  EXPECT_EQ(fields_of(call, app), begin + "dapr-api-token=token\n");
  call.note = blocks::CallerNote::kForwarded;
  EXPECT_EQ(fields_of(call, app), begin +
                                      "x-forwarded-for=10.0.0.1\ndapr-caller-namespace=default\n"
                                      "dapr-caller-app-id=speaker\ndapr-callee-app-id=lamp\n"
                                      "dapr-api-token=token\n");
}

TEST(CallFieldsTest, WhatGoesBack) {
  for (const char* name : {"x-mine", "x-bin", "date"}) {
    EXPECT_TRUE(travels_back({name, "1"})) << name;
  }
  for (const char* name :
       {"content-type", "grpc-status", "grpc-encoding", "connection", "trailer", "x-lane-served"}) {
    EXPECT_FALSE(travels_back({name, "1"})) << name;
  }
}

}  // namespace
}  // namespace edge::api
