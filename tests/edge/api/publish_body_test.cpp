#include "edge/api/http/publish_body.h"

#include <gtest/gtest.h>

namespace edge::api {
namespace {

blocks::ApiResult<std::vector<blocks::BulkPublishEntry>> parse(std::string_view body,
                                                               pubsub::Metadata metadata = {}) {
  const blocks::BulkPublishRequest request{"bus", "t", {}, std::move(metadata)};
  return parse_bulk_publish("app", request, body);
}

TEST(BulkPublishBody, EventsByTheirContentType) {
  const auto entries = parse(R"([
      {"entryId":"1","event":"text","contentType":"text/plain"},
      {"entryId":"2","event":{"x": 12345678901234567890},"contentType":"application/json"},
      {"entryId":"3","event":{"id":"1"},"contentType":"application/cloudevents+json"},
      {"entryId":"4","event":"/wA=","contentType":"application/octet-stream"},
      {"ENTRYID":"5","contentType":"application/json"}])");
  ASSERT_TRUE(entries) << entries.error().message;
  ASSERT_EQ(entries->size(), 5U);
  EXPECT_EQ((*entries)[0].data, "text");
  EXPECT_EQ((*entries)[0].content_type, "text/plain");
  EXPECT_EQ((*entries)[1].data, R"({"x": 12345678901234567890})") << "every digit is kept";
  EXPECT_EQ((*entries)[2].data, R"({"id":"1"})");
  EXPECT_EQ((*entries)[3].data, std::string("\xff\0", 2));
  EXPECT_EQ((*entries)[4].entry_id, "5");
  EXPECT_EQ((*entries)[4].data, "null");
}

TEST(BulkPublishBody, TheRequestsMetadataFillsUpAnEntrys) {
  const auto entries = parse(R"([
      {"entryId":"1","event":1,"contentType":"application/json","metadata":{"a":"own"}},
      {"entryId":"2","event":1,"contentType":"application/json","metadata":null}])",
                             {{"a", "request"}, {"b", "request"}});
  ASSERT_TRUE(entries) << entries.error().message;
  EXPECT_EQ((*entries)[0].metadata, (pubsub::Metadata{{"a", "own"}, {"b", "request"}}));
  EXPECT_TRUE((*entries)[1].metadata.empty()) << "as daprd: only where an entry has some";
}

TEST(BulkPublishBody, NoEntryIsNoError) {
  const auto entries = parse("[]");
  ASSERT_TRUE(entries);
  EXPECT_TRUE(entries->empty());
}

TEST(BulkPublishBody, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "byte 1"},
      {"{}", "expected an array"},
      {"[7]", "an entry is not an object"},
      {R"([{"entryId":7,"event":1}])", "entryId is not a string"},
      {R"([{"entryId":"1","event":1,"metadata":{"a":1}}])", "metadata a of an entry"},
      {R"([{"event":1,"contentType":"application/json"}])", "entryId"},
      {R"([{"entryId":"1","event":1,"contentType":"application/json"},
           {"entryId":"1","event":2,"contentType":"application/json"}])",
       "entryId"},
      {R"([{"entryId":"1","event":{},"contentType":"text/plain"}])", "event of entry 1"},
      {R"([{"entryId":"1","event":"no base64!","contentType":"application/octet-stream"}])",
       "event of entry 1"},
      {R"([{"entryId":"1","event":"x","contentType":"image/png"}])", "'image/png' of entry 1"},
  };
  for (const auto& [body, reason] : cases) {
    const auto entries = parse(body);
    ASSERT_FALSE(entries) << body;
    EXPECT_EQ(entries.error().tag, "ERR_PUBSUB_EVENTS_SER") << body;
    EXPECT_EQ(entries.error().http, 400) << body;
    EXPECT_NE(entries.error().message.find(reason), std::string::npos)
        << body << ": " << entries.error().message;
  }
  EXPECT_FALSE(parse(std::string(100000, '['))) << "its depth is bounded";
}

TEST(BulkPublishBody, FailedEntriesAreListed) {
  EXPECT_EQ(failed_entries_body({{"1", "no \"room\""}, {"b", "gone"}}),
            R"({"failedEntries":[{"entryId":"1","error":"no \"room\""},)"
            R"({"entryId":"b","error":"gone"}],"errorCode":"ERR_PUBSUB_PUBLISH_MESSAGE"})");
}

}  // namespace
}  // namespace edge::api
