#include "edge/api/grpc/event_message.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "edge/base/strings.h"

namespace edge::api {
namespace {

rpc::TopicEventRequest message_of(std::string_view body) {
  blocks::EventCall call;
  call.path = "/";
  call.pubsub = "mem";
  call.topic = "orders";
  call.body = body;
  auto message = event_message(call);
  EXPECT_TRUE(message);
  return message ? std::move(*message) : rpc::TopicEventRequest();
}

TEST(EventMessageTest, HasTheEventsMembers) {
  const auto message = message_of(
      R"({"id":"1","source":"lamp","type":"t","specversion":"1.0","datacontenttype":"text/plain",)"
      R"("data":"hello","topic":"x"})");
  EXPECT_EQ(message.id, "1");
  EXPECT_EQ(message.source, "lamp");
  EXPECT_EQ(message.type, "t");
  EXPECT_EQ(message.spec_version, "1.0");
  EXPECT_EQ(message.data_content_type, "text/plain");
  EXPECT_EQ(message.data, "hello");
  EXPECT_EQ(message.topic, "orders");
  EXPECT_EQ(message.pubsub_name, "mem");
  EXPECT_EQ(message.path, "/");
  // {"topic": "x"}
  EXPECT_EQ(message.extensions, std::string("\x0a\x0c\x0a\x05topic\x12\x03\x1a\x01x"));
}

TEST(EventMessageTest, DataIsAsItsTypeSays) {
  EXPECT_EQ(message_of(R"({"datacontenttype":"application/json","data":"a"})").data, "\"a\"");
  EXPECT_EQ(message_of(R"({"datacontenttype":"application/json","data":{"a":1}})").data,
            R"({"a":1})");
  EXPECT_EQ(message_of(R"({"datacontenttype":"image/x","data_base64":"AP8="})").data,
            std::string("\0\xff", 2));
  EXPECT_EQ(message_of(R"({"datacontenttype":"odd","data":"a"})").data, "a");
  EXPECT_EQ(message_of("{}").data, "");
}

TEST(EventMessageTest, NoObjectIsNoEvent) {
  blocks::EventCall call;
  for (const std::string_view body : {"", "[]", "{", "1"}) {
    call.body = body;
    EXPECT_FALSE(event_message(call)) << body;
  }
}

TEST(EventMessageTest, AnyJsonIsAStruct) {
  const auto hex = [](const char* json) {
    return hex_encode(struct_of(nlohmann::json::parse(json)));
  };
  EXPECT_EQ(hex("{}"), "");
  EXPECT_EQ(hex(R"({"a":null})"),
            "0a070a01611202"
            "0800");
  EXPECT_EQ(hex(R"({"a":true})"),
            "0a070a01611202"
            "2001");
  EXPECT_EQ(hex(R"({"a":1.5})"),
            "0a0e0a01611209"
            "11000000000000f83f");
  EXPECT_EQ(hex(R"({"a":["b"]})"),
            "0a0c0a01611207"
            "3205"
            "0a031a0162");
  EXPECT_EQ(hex(R"({"a":{}})"),
            "0a070a01611202"
            "2a00");
}

}  // namespace
}  // namespace edge::api
