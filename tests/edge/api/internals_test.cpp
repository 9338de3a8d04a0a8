#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "edge/api/internals/payloads.h"
#include "edge/api/internals/peer_request.h"
#include "edge/api/internals/value_map.h"
#include "edge/loop/sim_loop.h"

namespace edge::api {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const HeaderList& headers) {
  Lines lines;
  for (const Header& header : headers) {
    lines.push_back(std::string(header.name) + ": " + std::string(header.value));
  }
  return lines;
}

TEST(ValueMap, HeadersKeepTheirOrderWithinAName) {
  rpc::ValueMap map;
  add_value(map, "b", "2");
  add_value(map, "a", "1");
  add_value(map, "b", "3");
  add_value(map, "latin", "\xe9");
  EXPECT_EQ(lines_of(headers_of(map)), (Lines{"a: 1", "b: 2", "b: 3"}));
  EXPECT_EQ(last_value(map, "b"), "3");
  EXPECT_EQ(last_value(map, "B"), "");
}

TEST(ValueMap, NothingEndsALineBeforeItsTime) {
  rpc::ValueMap map;
  map["good"].values = {"x\r\ny: z", "fine"};
  map["bad name"].values = {"x"};
  map["worse\n"].values = {"x"};
  map[":authority"].values = {"host"};
  map[":other"].values = {"x"};
  map[""].values = {"x"};
  EXPECT_EQ(lines_of(headers_of(map)), (Lines{"dapr-authority: host", "good: fine"}));
}

TEST(ValueMap, TravelsAsTheWireHasIt) {
  rpc::InternalRequest request;
  request.version = 1;
  add_value(request.metadata, "k", "v");
  const std::string bytes = protobuf::print(request);
  EXPECT_EQ(bytes, std::string("\x08\x01\x12\x08\x0a\x01k\x12\x03\x0a\x01v", 12));
  rpc::InternalRequest again;
  ASSERT_TRUE(protobuf::parse(bytes, again));
  EXPECT_EQ(last_value(again.metadata, "k"), "v");
}

rpc::InternalRequest request_to(std::string_view app) {
  rpc::InternalRequest request;
  request.version = kInternalVersion;
  add_value(request.metadata, "destination-app-id", app);
  rpc::InvokeRequest& message = request.message.emplace();
  message.method = "on";
  message.http_extension.emplace(3, "x=1");
  return request;
}

TEST(DeliveryTest, ReadsWhatAnotherHubAsksFor) {
  rpc::InternalRequest request = request_to("lamp");
  request.message->content_type = "text/plain";
  add_value(request.metadata, "Content-Type", "application/grpc");
  add_value(request.metadata, "content-length", "12");
  add_value(request.metadata, "dapr-caller-app-id", "said by the caller");
  add_value(request.metadata, "dapr-caller-app-id", "speaker");
  Delivery delivery;
  ASSERT_TRUE(delivery.read(std::move(request)));
  const blocks::Call& call = delivery.call();
  EXPECT_EQ(call.verb, "POST");
  EXPECT_EQ(call.path, "/on");
  EXPECT_EQ(call.query, "x=1");
  EXPECT_EQ(call.target, "lamp");
  EXPECT_EQ(call.caller, "speaker") << "what the hub adds comes last";
  EXPECT_EQ(call.headers->find("content-type"), "text/plain");
  EXPECT_EQ(delivery.length(), 12);
}

std::string fault_of(rpc::InternalRequest request) {
  Delivery delivery;
  const Status read = delivery.read(std::move(request));
  return read ? "" : read.error().message;
}

TEST(DeliveryTest, NamesWhatIsWrong) {
  const std::string not_whole =
      "parsing InternalInvokeRequest error: request does not contain the required fields in the "
      "leading chunk";
  EXPECT_EQ(fault_of({}), not_whole);
  rpc::InternalRequest request = request_to("lamp");
  request.metadata.clear();
  EXPECT_EQ(fault_of(request), not_whole);
  request = request_to("lamp");
  request.version = 2;
  EXPECT_EQ(fault_of(request),
            "error invoking app channel: rpc error: code = Unimplemented desc = Unsupported spec "
            "version: 2");
  request = request_to("lamp");
  request.message->method = "a?b";
  EXPECT_EQ(fault_of(request).substr(0, 14), "invalid method");
  request = request_to("lamp");
  request.message->http_extension->query = "x HTTP/1.1\r\n";
  EXPECT_NE(fault_of(request).find("invalid content type or query string"), std::string::npos);
  request = request_to("lamp");
  add_value(request.metadata, "dapr-caller-app-id", "x\r\ny: z");
  EXPECT_NE(fault_of(request).find("invalid dapr-caller-app-id"), std::string::npos);
  request = request_to("lamp");
  add_value(request.metadata, "content-length", "many");
  EXPECT_NE(fault_of(request).find("content-length is no number"), std::string::npos);
}

TEST(DeliveryTest, WhatIsNoVerbIsNone) {
  for (const std::int32_t number : {-1, 0, 6, 10}) {
    rpc::InternalRequest request = request_to("lamp");
    request.message->http_extension->verb = number;
    Delivery delivery;
    ASSERT_TRUE(delivery.read(std::move(request)));
    EXPECT_EQ(delivery.call().verb, "") << number;
  }
}

TEST(InternalRequestTest, SaysWhoForwardsAndWhoCalls) {
  HeaderList headers;
  headers.add("X-Own", "kept");
  headers.add("Connection", "X-Hop");
  headers.add("X-Hop", "here");
  headers.add("Dapr-Caller-App-Id", "forged");
  headers.add("dapr-api-token", "secret");
  headers.add("Content-Type", "text/plain");
  TextSource body("four");
  blocks::Call call;
  call.verb = "PUT";
  call.path = "/a%20b";
  call.query = "q";
  call.headers = &headers;
  call.body = &body;
  call.target = "lamp.default";
  call.caller = "speaker";
  call.caller_namespace = "default";
  const rpc::InternalRequest request = internal_request(call, {{"x-forwarded-for", "10.0.0.1"}});
  EXPECT_EQ(lines_of(headers_of(request.metadata)),
            (Lines{"X-Own: kept", "content-length: 4", "dapr-callee-app-id: lamp",
                   "dapr-caller-app-id: speaker", "dapr-caller-namespace: default",
                   "destination-app-id: lamp", "x-forwarded-for: 10.0.0.1"}));
  EXPECT_EQ(request.message->method, "a%20b");
  EXPECT_EQ(request.message->content_type, "text/plain");
  EXPECT_EQ(request.message->http_extension->verb, 4);
  EXPECT_EQ(request.message->http_extension->query, "q");
}

// A stream's later messages as bytes.
struct Stream {
  explicit Stream(std::string text) : bytes(std::move(text)), source(bytes), messages(source) {}
  std::string bytes;
  TextSource source;
  grpc::MessageReader messages;
};

// The whole body, or "error: ...".
std::string read(PayloadSource& body) {
  SimLoop loop;
  auto looked = run(loop, body.look(Ctx::background()));
  if (!looked) return "error: " + looked.error().message;
  auto text = run(loop, read_all(Ctx::background(), &body, 100));
  return text ? *text : "error: " + text.error().message;
}

TEST(PayloadSourceTest, JoinsThePayloads) {
  Stream stream(framed_payload("lo, ", 1) + framed_payload("", 2) + framed_payload("lamp", 3));
  PayloadSource body(stream.messages, rpc::StreamPayload{"hel", 0});
  EXPECT_EQ(read(body), "hello, lamp");
  EXPECT_TRUE(body.finished());
}

TEST(PayloadSourceTest, NothingAtAllIsAnEmptyBody) {
  Stream stream("");
  PayloadSource body(stream.messages, std::nullopt);
  EXPECT_EQ(body.length(), std::nullopt);
  EXPECT_EQ(read(body), "");
  EXPECT_EQ(body.length(), 0U);
}

TEST(PayloadSourceTest, AGapBreaksIt) {
  Stream stream(framed_payload("a", 0) + framed_payload("b", 2));
  PayloadSource body(stream.messages, std::nullopt);
  EXPECT_EQ(read(body),
            "error: the stream of a call is broken: payload 2 came where 1 was expected");
  PayloadSource late(stream.messages, rpc::StreamPayload{"a", 1});
  EXPECT_EQ(read(late),
            "error: the stream of a call is broken: payload 1 came where 0 was expected");
}

TEST(PayloadSourceTest, AHeadComesOnce) {
  rpc::InternalRequestChunk again;
  again.head.emplace();
  Stream stream(grpc::framed(protobuf::print(again)));
  PayloadSource body(stream.messages, std::nullopt);
  EXPECT_EQ(read(body), "error: the stream of a call is broken: its head came twice");
}

TEST(PayloadSourceTest, TheAnnouncedLengthIsKept) {
  Stream shorter("");
  PayloadSource cut(shorter.messages, rpc::StreamPayload{"abc", 0});
  cut.expect(4);
  EXPECT_EQ(read(cut),
            "error: the stream of a call is broken: it is shorter than its content-length");
  Stream longer(framed_payload("bc", 1));
  PayloadSource over(longer.messages, rpc::StreamPayload{"a", 0});
  over.expect(2);
  EXPECT_EQ(read(over),
            "error: the stream of a call is broken: it is longer than its content-length");
}

TEST(PayloadSourceTest, WhatIsNoMessageIsAnError) {
  Stream stream(grpc::framed("\xff"));
  PayloadSource body(stream.messages, std::nullopt);
  EXPECT_NE(read(body).find("malformed"), std::string::npos);
}

}  // namespace
}  // namespace edge::api
