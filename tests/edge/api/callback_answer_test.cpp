#include "edge/api/grpc/callback_answer.h"

#include <string>

#include <gtest/gtest.h>

namespace edge::api {
namespace {

using blocks::Verdict;

template <class M>
std::string text_of(M message) {
  return protobuf::print(message);
}

rpc::TopicSubscription lamp() {
  rpc::TopicSubscription one;
  one.pubsub_name = "bus";
  one.topic = "lamp";
  return one;
}

TEST(SubscriptionsInTest, WithoutRoutesThePathIsEmpty) {
  const auto list = subscriptions_in(text_of(rpc::ListTopicSubscriptionsResponse{{lamp()}}));
  ASSERT_TRUE(list) << list.error().message;
  ASSERT_EQ(list->size(), 1U);
  const blocks::SubscriptionText& text = list->front().text();
  EXPECT_EQ(text.pubsub, "bus");
  EXPECT_EQ(text.topic, "lamp");
  EXPECT_EQ(text.default_path, "");
  EXPECT_EQ(text.origin, blocks::Origin::kProgrammatic);
  EXPECT_FALSE(text.bulk.enabled);
  EXPECT_EQ(text.bulk.max_messages, 100U);
  EXPECT_TRUE(subscriptions_in("")->empty());
}

TEST(SubscriptionsInTest, EverythingIsRead) {
  rpc::TopicSubscription one = lamp();
  one.metadata = {{"rawPayload", "true"}};
  one.routes = {{{"event.type == 'a'", "/a"}}, ""};
  one.dead_letter_topic = "dead";
  one.bulk = {true, 7, 250};
  const auto list = subscriptions_in(text_of(rpc::ListTopicSubscriptionsResponse{{one}}));
  ASSERT_TRUE(list) << list.error().message;
  const blocks::SubscriptionText& text = list->front().text();
  EXPECT_TRUE(list->front().is_raw());
  ASSERT_EQ(text.rules.size(), 1U);
  EXPECT_EQ(text.rules[0].path, "/a");
  EXPECT_FALSE(text.default_path);
  EXPECT_EQ(text.dead_letter_topic, "dead");
  EXPECT_TRUE(text.bulk.enabled);
  EXPECT_EQ(text.bulk.max_messages, 7U);
  EXPECT_EQ(text.bulk.max_await, std::chrono::milliseconds(250));
}

TEST(SubscriptionsInTest, WhatCannotBeIsRefused) {
  EXPECT_FALSE(subscriptions_in("\xff"));
  rpc::TopicSubscription odd = lamp();
  odd.routes.rules = {{"event.(", "/x"}};
  const auto list = subscriptions_in(text_of(rpc::ListTopicSubscriptionsResponse{{lamp(), odd}}));
  ASSERT_FALSE(list);
  EXPECT_TRUE(list.error().message.starts_with("subscription 2: rule 1: ")) << list.error().message;
  const std::vector<rpc::TopicSubscription> many(1001, lamp());
  EXPECT_FALSE(subscriptions_in(text_of(rpc::ListTopicSubscriptionsResponse{many})));
}

Result<std::string> answered(std::int32_t status) {
  return text_of(rpc::TopicEventResponse{status});
}

TEST(EventOutcomeTest, IsWhatTheAppSays) {
  EXPECT_EQ(event_outcome(answered(0)).verdict, Verdict::kDone);
  EXPECT_EQ(event_outcome(answered(1)).verdict, Verdict::kRetry);
  EXPECT_EQ(event_outcome(answered(2)).verdict, Verdict::kDrop);
  EXPECT_EQ(event_outcome(answered(9)).verdict, Verdict::kRetry);
  EXPECT_EQ(event_outcome(std::string("\xff")).verdict, Verdict::kRetry);
  EXPECT_EQ(event_outcome(Error{Code::kUnimplemented, ""}).verdict, Verdict::kDone);
  const auto failed = event_outcome(Error{Code::kInternal, "broken"});
  EXPECT_EQ(failed.verdict, Verdict::kRetry);
  EXPECT_EQ(failed.why, "the app answered Internal: broken");
}

class BulkTest : public testing::Test {
 protected:
  BulkTest() {
    call_.path = "/h";
    call_.pubsub = "bus";
    call_.topic = "t";
    call_.id = "id";
    for (const char* id : {"a", "b", "c"}) {
      call_.entries.push_back(
          {id, R"({"id":"1","data":"x","datacontenttype":"text/plain"})", &metadata_});
    }
  }
  rpc::TopicEventBulkRequest request() {
    rpc::TopicEventBulkRequest read;
    EXPECT_TRUE(protobuf::parse(bulk_event_message(call_), read));
    return read;
  }

  pubsub::Metadata metadata_ = {{"k", "v"}};
  blocks::BulkEventCall call_;
};

TEST_F(BulkTest, EventsAreMessages) {
  const auto sent = request();
  EXPECT_EQ(sent.id, "id");
  EXPECT_EQ(sent.type, "com.dapr.event.sent.bulk");
  EXPECT_EQ(sent.path, "/h");
  ASSERT_EQ(sent.entries.size(), 3U);
  ASSERT_TRUE(sent.entries[0].event);
  EXPECT_EQ(sent.entries[0].event->data, "x");
  EXPECT_EQ(sent.entries[0].content_type, "application/cloudevents+json");
  EXPECT_EQ(sent.entries[0].metadata, metadata_);
}

TEST_F(BulkTest, WhatIsRawIsBytes) {
  call_.raw = true;
  call_.entries[0].body = std::string_view("\0\xff", 2);
  const auto sent = request();
  EXPECT_FALSE(sent.entries[0].event);
  EXPECT_EQ(sent.entries[0].bytes, std::string("\0\xff", 2));
  EXPECT_EQ(sent.entries[0].content_type, "application/octet-stream");
}

TEST_F(BulkTest, EachEntryHasItsOutcome) {
  const rpc::TopicEventBulkResponse said{{{"c", 2}, {"a", 0}, {"other", 0}}};
  const auto outcomes = bulk_outcomes(call_, text_of(said));
  ASSERT_EQ(outcomes.size(), 3U);
  EXPECT_EQ(outcomes[0].verdict, Verdict::kDone);
  EXPECT_EQ(outcomes[1].verdict, Verdict::kRetry);
  EXPECT_EQ(outcomes[2].verdict, Verdict::kDrop);
  for (const auto& one : bulk_outcomes(call_, Error{Code::kUnimplemented, ""})) {
    EXPECT_EQ(one.verdict, Verdict::kDone);
  }
  EXPECT_EQ(bulk_outcomes(call_, std::string("\xff"))[2].verdict, Verdict::kRetry);
}

}  // namespace
}  // namespace edge::api
