#include "edge/net/aws/sigv4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/base/strings.h"
#include "edge/net/tls/hmac.h"

namespace edge::aws {
namespace {

using testing::HasSubstr;
using testing::Not;

const Credentials kLasting = {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
const Credentials kSession = {kLasting.access_key, kLasting.secret_key, "SESSION/token+1=="};
const WallTime kTime{std::chrono::seconds(1'767'225'600)};  // 2026-01-01

Call call() {
  return {.host = "secretsmanager.us-east-1.amazonaws.com",
          .region = "us-east-1",
          .service = "secretsmanager",
          .target = "secretsmanager.GetSecretValue",
          .body = R"({"SecretId":"hub/db"})"};
}

// Source: FIPS 180-4, "abc".
TEST(Sha256, KnownAnswer) {
  EXPECT_EQ(hex_encode(tls::sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(SigV4, TimeAsAwsWritesIt) {
  EXPECT_EQ(amz_date(kTime), "20260101T000000Z");
}

// Source: sync reference §6.1.
TEST(SigV4, KnownAnswer) {
  EXPECT_EQ(hex_encode(tls::sha256(canonical_request(call(), kLasting, "20260101T000000Z"))),
            "1df92d92ab495b8351028eb5cabae233811549bbee721cd3ef76dd85d07b56be");
  EXPECT_EQ(signature(call(), kLasting, "20260101T000000Z"),
            "ad832c46c8fd1e259f4b3c9ae7b50611d6262a62c8950f527a1ed288a62e7b82");
}

// Computed with botocore 1.29.27.
TEST(SigV4, KnownAnswerOfASession) {
  Call other = call();
  other.host = "127.0.0.1:4566";
  other.region = "cn-north-1";
  other.body = R"({"SecretId":"häuser/灯"})";
  EXPECT_EQ(signature(other, kSession, "20260101T000000Z"),
            "840860584ddac3315931b16eafa4a0928a694ebe86020d85c2fdffb1f0b30c8b");
}

TEST(SigV4, EveryPartCounts) {
  const std::string usual = signature(call(), kLasting, "20260101T000000Z");
  EXPECT_NE(signature(call(), kSession, "20260101T000000Z"), usual);
  EXPECT_NE(signature(call(), kLasting, "20260101T000001Z"), usual);
  for (std::string Call::* part :
       {&Call::host, &Call::region, &Call::service, &Call::target, &Call::body}) {
    Call other = call();
    other.*part += "x";
    EXPECT_NE(signature(other, kLasting, "20260101T000000Z"), usual);
  }
}

TEST(SigV4, HeadOfACall) {
  EXPECT_EQ(signed_head(call(), kLasting, kTime),
            "POST / HTTP/1.1\r\n"
            "Host: secretsmanager.us-east-1.amazonaws.com\r\n"
            "Content-Type: application/x-amz-json-1.1\r\n"
            "X-Amz-Date: 20260101T000000Z\r\n"
            "X-Amz-Target: secretsmanager.GetSecretValue\r\n"
            "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/"
            "secretsmanager/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
            "Signature=ad832c46c8fd1e259f4b3c9ae7b50611d6262a62c8950f527a1ed288a62e7b82\r\n");
  const std::string head = signed_head(call(), kSession, kTime);
  EXPECT_THAT(head, HasSubstr("\r\nX-Amz-Security-Token: SESSION/token+1==\r\n"));
  EXPECT_THAT(head, HasSubstr("x-amz-date;x-amz-security-token;x-amz-target"));
  EXPECT_THAT(head, Not(HasSubstr(kSession.secret_key)));
}

}  // namespace
}  // namespace edge::aws
