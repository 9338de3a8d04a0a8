#include "edge/net/aws/refusal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/net/http1/text.h"

namespace edge::aws {
namespace {

using testing::HasSubstr;

Error error(int status, const std::string& type, const std::string& message = "m") {
  return error_of(
      parse_refusal(status, "", R"({"__type":")" + type + R"(","Message":")" + message + "\"}"));
}

TEST(Refusal, TypeAndMessage) {
  const auto plain =
      parse_refusal(400, "", R"({"__type":"ResourceNotFoundException","Message":"can't find"})");
  EXPECT_EQ(plain.type, "ResourceNotFoundException");
  EXPECT_EQ(plain.message, "can't find");
  EXPECT_EQ(parse_refusal(400, "", R"({"__type":"com.amazonaws#DecryptionFailure"})").type,
            "DecryptionFailure");
  EXPECT_EQ(parse_refusal(400, "AccessDeniedException:http://aws/", "{}").type,
            "AccessDeniedException");
}

TEST(Refusal, WhatIsNoJsonTellsOnlyItsStatus) {
  for (const std::string body : {"", "<html>", "[]", R"({"__type":1})"}) {
    const auto refusal = parse_refusal(502, "", body);
    EXPECT_EQ(refusal.type, "");
    EXPECT_EQ(error_of(refusal).message, "status 502");
    EXPECT_EQ(error_of(refusal).code, Code::kResourceExhausted);
  }
}

TEST(Refusal, MessagesAreBoundedAndPrintable) {
  const auto refusal = parse_refusal(400, std::string(500, 'T'),
                                     R"({"Message":"a\r\nb)" + std::string(5000, 'x') + "\"}");
  EXPECT_EQ(refusal.type.size(), 64U);
  EXPECT_EQ(refusal.message.size(), 300U);
  EXPECT_TRUE(refusal.message.starts_with("a  bx"));
}

TEST(Refusal, WhatCanBeDone) {
  EXPECT_EQ(error(400, "ResourceNotFoundException").code, Code::kNotFound);
  EXPECT_EQ(error(400, "InvalidRequestException", "it was marked for deletion").code,
            Code::kNotFound);
  EXPECT_EQ(error(400, "InvalidRequestException", "other").code, Code::kFailedPrecondition);
  EXPECT_EQ(error(400, "AccessDeniedException").code, Code::kPermissionDenied);
  EXPECT_EQ(error(400, "UnrecognizedClientException").code, Code::kUnauthenticated);
  EXPECT_EQ(error(400, "ThrottlingException").code, Code::kResourceExhausted);
  EXPECT_EQ(error(429, "Whatever").code, Code::kResourceExhausted);
  EXPECT_EQ(error(500, "InternalServiceError").code, Code::kResourceExhausted);
  EXPECT_EQ(error(403, "Whatever").code, Code::kPermissionDenied);
  const Error expired = error(400, "ExpiredTokenException", "expired");
  EXPECT_EQ(expired.code, Code::kUnauthenticated);
  EXPECT_THAT(expired.message, HasSubstr("ExpiredTokenException: expired; the session has ended"));
}

TEST(Refusal, ClocksThatDiffer) {
  const auto clock = [](const std::string& type, const std::string& message) {
    return is_clock_refusal({400, type, message});
  };
  EXPECT_TRUE(clock("RequestTimeTooSkewed", ""));
  EXPECT_TRUE(clock("InvalidSignatureException", "Signature expired: 1970 is now earlier than"));
  EXPECT_TRUE(clock("InvalidSignatureException", "Signature not yet current"));
  EXPECT_FALSE(clock("InvalidSignatureException", "does not match the signature you provided"));
  EXPECT_FALSE(clock("ExpiredTokenException", "The security token has expired"));
}

TEST(HttpDate, ReadsWhatServersWrite) {
  const WallTime time{std::chrono::seconds(784'111'777)};
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), time);
  EXPECT_EQ(parse_http_date(http1::http_date(time)), time);
  for (const std::string_view text :
       {"", "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 ovD 1994 08:49:37 GMT", "Sun, 06 Nov 19x4 08:49:37 GMT"}) {
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace edge::aws
