#include "edge/net/http1/plain_head.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace edge::http1 {
namespace {

constexpr std::size_t kHeaderLimit = 8192;

std::string text_of(const Head& head) {
  std::string text = std::string(head.method) + " " + std::string(head.target) + " " +
                     std::to_string(head.status) + " framing " +
                     std::to_string(static_cast<int>(head.framing)) + " " +
                     std::to_string(head.content_length) + (head.keep_alive ? " keep" : " close");
  for (const Header& header : head.headers) {
    text += "|" + std::string(header.name) + "=" + std::string(header.value);
  }
  return text;
}

const std::vector<std::string> kPlainRequests = {
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "OPTIONS /v1.0/invoke/a.b/method/x%20y?q=1&r=[2] HTTP/1.1\r\nHOST:\r\nX-Empty:\r\n\r\n",
    "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0012\r\nX: \t a\tb \t\r\n\r\nbody",
    "PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n",
    "DELETE /x HTTP/1.1\r\nHost: a\r\nconnection: CLOSE\r\nConnection: keep-alive\r\n\r\n",
    "PATCH /x HTTP/1.1\r\nX-A: \xc3\xa9\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n",
};

TEST(PlainHeadTest, TakesPlainRequestsAsLlhttpDoes) {
  for (const std::string& bytes : kPlainRequests) {
    Head plain;
    const std::size_t size = take_plain_request(bytes, kHeaderLimit, plain);
    EXPECT_GT(size, 0U) << bytes;
    Head judged;
    const auto judgement = parse_any_request(bytes, kHeaderLimit, judged);
    ASSERT_TRUE(judgement && judgement->complete) << bytes;
    EXPECT_EQ(size, judgement->size) << bytes;
    EXPECT_EQ(text_of(plain), text_of(judged));
  }
}

TEST(PlainHeadTest, ViewsPointIntoTheHeadsOwnBytes) {
  std::string bytes = kPlainRequests[2];
  Head head;
  ASSERT_GT(take_plain_request(bytes, kHeaderLimit, head), 0U);
  bytes.assign(bytes.size(), '!');
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.headers.find("x"), "a\tb");
}

TEST(PlainHeadTest, TakesPlainResponsesAsLlhttpDoes) {
  for (const std::string bytes :
       {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200\r\n\r\n",
        "HTTP/1.1 404 Not \xc3\xa9\r\nServer: x\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 999 \r\nContent-Length: 0\r\n\r\n"}) {
    Head plain;
    EXPECT_GT(take_plain_response(bytes, kHeaderLimit, plain), 0U) << bytes;
    Head parsed;
    Head judged;
    ASSERT_TRUE(parse_response(bytes, kHeaderLimit, Answering::kOther, parsed)) << bytes;
    ASSERT_TRUE(parse_any_response(bytes, kHeaderLimit, Answering::kOther, judged)) << bytes;
    EXPECT_EQ(text_of(parsed), text_of(judged));
  }
}

TEST(PlainHeadTest, LeavesEverythingElse) {
  const std::string post = "POST /x HTTP/1.1\r\nHost: a\r\n";
  for (const std::string& bytes : {std::string(),
                                   std::string("GET / HTTP/1.1\r\n"),
                                   std::string("GET / HTTP/1.1\r\n\r\n"),
                                   std::string("GET / HTTP/1.0\r\nHost: a\r\n\r\n"),
                                   std::string("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"),
                                   std::string("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
                                   std::string("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
                                   std::string("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
                                   post + "Transfer-Encoding: chunked\r\n\r\n",
                                   post + "Expect: 100-continue\r\n\r\n",
                                   post + "Upgrade: h2c\r\n\r\n",
                                   post + "Connection: x, close\r\n\r\n",
                                   post + "Proxy-Connection: close\r\n\r\n",
                                   post + "Host: b\r\n\r\n",
                                   post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
                                   post + "Content-Length: \r\n\r\n",
                                   post + "Content-Length: 1234567890123456789\r\n\r\n",
                                   post + "Content-Length: +1\r\n\r\n",
                                   post + "X : a\r\n\r\n",
                                   post + ": a\r\n\r\n",
                                   post + "X: a\r\n b\r\n\r\n",
                                   post + "X: a\n\r\n",
                                   post + "X: a\rb\r\n\r\n",
                                   post + "X: \x01\r\n\r\n",
                                   post + std::string("X: \0\r\n\r\n", 8),
                                   post + "X\r\n\r\n"}) {
    Head head;
    EXPECT_EQ(take_plain_request(bytes, kHeaderLimit, head), 0U) << bytes;
  }
}

TEST(PlainHeadTest, LimitIsExact) {
  const std::string& bytes = kPlainRequests[0];
  Head head;
  EXPECT_EQ(take_plain_request(bytes, bytes.size(), head), bytes.size());
  EXPECT_EQ(take_plain_request(bytes, bytes.size() - 1, head), 0U);
}

}  // namespace
}  // namespace edge::http1
