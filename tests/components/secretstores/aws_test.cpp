#include "components/secretstores/cloud/aws.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "components/secretstores/cloud/aws_options.h"
#include "edge/loop/sim_loop.h"

namespace edge::secrets {
namespace {

using testing::HasSubstr;

constexpr std::string_view kMany =
    R"({"Name":"hub/db","VersionId":"v2","SecretString":"{\"user\":\"u\",\"pass\":\"p\"}"})";

Secret secret_of(std::string_view body, AwsValues values = AwsValues::kWhole) {
  const auto fetched = parse_aws_secret(body, values);
  return fetched ? fetched->secret : Secret{{"error", fetched.error().message}};
}

TEST(AwsSecret, ATextIsOneValueUnderTheSecretsName) {
  const auto fetched = parse_aws_secret(kMany, AwsValues::kWhole);
  ASSERT_TRUE(fetched);
  EXPECT_EQ(fetched->version, "v2");
  EXPECT_EQ(fetched->secret, (Secret{{"hub/db", R"({"user":"u","pass":"p"})"}}));
}

TEST(AwsSecret, AnObjectOfTextsIsSeveralValuesWhereAskedFor) {
  EXPECT_EQ(secret_of(kMany, AwsValues::kSplit), (Secret{{"user", "u"}, {"pass", "p"}}));
  for (const std::string text : {"plain", "[1]", R"({\"a\":1})", R"({\"a\":{\"b\":\"c\"}})"}) {
    const Secret secret =
        secret_of(R"({"Name":"n","SecretString":")" + text + "\"}", AwsValues::kSplit);
    EXPECT_EQ(secret.size(), 1U) << text;
    EXPECT_TRUE(secret.contains("n")) << text;
  }
}

TEST(AwsSecret, BytesAreNoValue) {
  EXPECT_EQ(secret_of(R"({"Name":"n","SecretBinary":"AAEC"})"), Secret());
}

TEST(AwsSecret, WhatIsNoAnswerIsNotTold) {
  for (const std::string_view body : {"", "s3cret", R"({"SecretString":"s3cret"})", "[]"}) {
    const auto fetched = parse_aws_secret(body, AwsValues::kSplit);
    ASSERT_FALSE(fetched);
    EXPECT_THAT(fetched.error().message, testing::Not(HasSubstr("s3cret")));
  }
}

class AwsFieldsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
                             "AWS_REGION", "AWS_DEFAULT_REGION"}) {
      ::unsetenv(name);
    }
  }
  void TearDown() override { SetUp(); }

  Result<AwsOptions> read(components::Metadata fields) {
    return read_aws_options({"kms", std::move(fields), loop_, files_, ""});
  }
  Result<AwsOptions> read_endpoint(const std::string& endpoint) {
    return read({{"region", "eu-west-1"},
                 {"accessKey", "AKID"},
                 {"secretKey", "key"},
                 {"endpoint", endpoint}});
  }

  SimLoop loop_;
  store::OpenFiles files_;
};

TEST_F(AwsFieldsTest, TheRegionsOwnEndpoint) {
  const auto options = read_endpoint("");
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->host, "secretsmanager.eu-west-1.amazonaws.com");
  EXPECT_EQ(options->server.port, 443);
  EXPECT_NE(options->tls, nullptr);
  const auto china = read({{"region", "cn-north-1"}, {"accessKey", "A"}, {"secretKey", "k"}});
  EXPECT_EQ(china->host, "secretsmanager.cn-north-1.amazonaws.com.cn");
}

TEST_F(AwsFieldsTest, AnotherEndpoint) {
  EXPECT_EQ(read_endpoint("http://localhost:4566/")->host, "localhost:4566");
  EXPECT_EQ(read_endpoint("http://localhost:4566")->tls, nullptr);
  EXPECT_EQ(read_endpoint("http://localhost:80")->host, "localhost");
  EXPECT_EQ(read_endpoint("https://[::1]:8443")->server.host, "::1");
  EXPECT_EQ(read_endpoint("https://[::1]:8443")->host, "[::1]:8443");
  for (const std::string text : {"localhost:4566", "ftp://x", "http://", "http://x:0",
                                 "http://x:99999", "http://x/path", "http://u@x", "http://a b"}) {
    EXPECT_THAT(read_endpoint(text).error().message, HasSubstr("endpoint")) << text;
  }
}

TEST_F(AwsFieldsTest, WhatIsMissingIsNamed) {
  EXPECT_THAT(read({{"region", "r"}}).error().message, HasSubstr("accessKey"));
  EXPECT_THAT(read({{"region", "r"}, {"accessKey", "A"}}).error().message, HasSubstr("secretKey"));
  EXPECT_THAT(read({{"accessKey", "A"}, {"secretKey", "k"}}).error().message, HasSubstr("region"));
  EXPECT_THAT(read({{"region", "r/x"}, {"accessKey", "A"}, {"secretKey", "k"}}).error().message,
              HasSubstr("region"));
  EXPECT_THAT(
      read({{"region", "r"}, {"accessKey", "A\r\nX: y"}, {"secretKey", "k"}}).error().message,
      HasSubstr("accessKey"));
}

TEST_F(AwsFieldsTest, TheEnvironmentGivesWhatIsNotSaid) {
  ::setenv("AWS_ACCESS_KEY_ID", "AKENV", 1);
  ::setenv("AWS_SECRET_ACCESS_KEY", "kenv", 1);
  ::setenv("AWS_SESSION_TOKEN", "tenv", 1);
  ::setenv("AWS_REGION", "eu-west-3", 1);
  const auto options = read({});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->access_key, "AKENV");
  EXPECT_EQ(options->session_token, "tenv");
  EXPECT_EQ(options->region, "eu-west-3");
  const auto own = read({{"accessKey", "A"}, {"secretKey", "k"}});
  EXPECT_EQ(own->access_key, "A");
  EXPECT_EQ(own->session_token, "");
}

TEST_F(AwsFieldsTest, WhichVersionIsKept) {
  AwsUpstream upstream(
      {"kms", {{"region", "r"}, {"accessKey", "A"}, {"secretKey", "k"}}, loop_, files_, ""});
  ASSERT_TRUE(upstream.configure());
  EXPECT_TRUE(upstream.means_current({}));
  EXPECT_TRUE(upstream.means_current({{"version_stage", "AWSCURRENT"}, {"other", "x"}}));
  EXPECT_FALSE(upstream.means_current({{"version_stage", "AWSPREVIOUS"}}));
  EXPECT_FALSE(upstream.means_current({{"version_id", "v1"}}));
}

}  // namespace
}  // namespace edge::secrets
