// What the client makes of answers. That signatures are right, a service that judges them tells:
// tests/e2e/test_secrets_aws.py.
#include "edge/net/aws/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/edge/net/etcd/gateway.h"
#include "tests/support/free_port.h"

namespace edge::aws {
namespace {

using test::Gateway;
using testing::HasSubstr;

class AwsClientTest : public ::testing::Test {
 protected:
  // Answers with these, one after the other; the last one again and again.
  Result<std::string> call(std::vector<std::string> answers) {
    Gateway gateway(loop_, [&](const std::string&, const std::string&) {
      return answers[std::min(calls_++, answers.size() - 1)];
    });
    return call_at(gateway.address());
  }

  Result<std::string> call_at(const Address& server) {
    Client client(loop_, {.server = server,
                          .host = server.text(),
                          .tls = nullptr,
                          .region = "r",
                          .service = "s",
                          .credentials = {"AKID", "key", ""},
                          .call_limit = std::chrono::seconds(20),
                          .most_answer_bytes = 1000});
    return run(loop_, client.call(Ctx::background(), "Get", "{}"));
  }

  UvLoop loop_;
  std::size_t calls_ = 0;
};

std::string refusal(const std::string& type, const std::string& message = "",
                    const std::string& date = "") {
  const std::string line = "400 Bad Request" + (date.empty() ? "" : "\r\nDate: " + date);
  return Gateway::status(line, R"({"__type":")" + type + R"(","Message":")" + message + "\"}");
}

TEST_F(AwsClientTest, GivesTheAnswer) {
  EXPECT_EQ(call({Gateway::ok("{}")}), "{}");
  EXPECT_EQ(calls_, 1U);
}

TEST_F(AwsClientTest, IsPatientWithAServiceThatIsBusy) {
  EXPECT_EQ(
      call({refusal("ThrottlingException"), Gateway::status("503 Busy", ""), Gateway::ok("{}")}),
      "{}");
  EXPECT_EQ(calls_, 3U);
}

TEST_F(AwsClientTest, ButNotForEver) {
  EXPECT_EQ(call({refusal("ThrottlingException")}).error().code, Code::kResourceExhausted);
  EXPECT_EQ(calls_, 5U);
}

TEST_F(AwsClientTest, DoesNotRepeatWhatIsRefused) {
  EXPECT_EQ(call({refusal("AccessDeniedException")}).error().code, Code::kPermissionDenied);
  EXPECT_EQ(calls_, 1U);
}

TEST_F(AwsClientTest, TakesTheServicesTimeWhereTheHubsIsWrong) {
  EXPECT_EQ(call({refusal("InvalidSignatureException", "Signature expired",
                          "Wed, 01 Jan 2031 00:00:00 GMT"),
                  Gateway::ok("{}")}),
            "{}");
  EXPECT_EQ(calls_, 2U);
}

TEST_F(AwsClientTest, TakesItOnce) {
  const auto answer = call({refusal("RequestTimeTooSkewed", "", "Wed, 01 Jan 2031 00:00:00 GMT"),
                            refusal("RequestTimeTooSkewed", "", "Wed, 01 Jan 2025 00:00:00 GMT")});
  EXPECT_EQ(answer.error().code, Code::kFailedPrecondition);
  EXPECT_THAT(answer.error().message, HasSubstr("set it, for example by NTP"));
  EXPECT_EQ(calls_, 2U);
}

TEST_F(AwsClientTest, WithoutADateTheClockIsWhatToLookAt) {
  const auto answer = call({refusal("RequestTimeTooSkewed")});
  EXPECT_EQ(answer.error().code, Code::kFailedPrecondition);
  EXPECT_THAT(answer.error().message, HasSubstr("the hub's clock says"));
  EXPECT_EQ(calls_, 1U);
}

TEST_F(AwsClientTest, AnAnswerThatIsTooLong) {
  const auto answer = call({Gateway::ok(std::string(1001, ' '))});
  EXPECT_EQ(answer.error().code, Code::kFailedPrecondition);
}

TEST_F(AwsClientTest, AServiceThatIsNotThere) {
  const auto answer = call_at(Address{"127.0.0.1", test::free_port(), ""});
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace edge::aws
