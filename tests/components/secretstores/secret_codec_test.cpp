#include "components/secretstores/secret_codec.h"

#include <gtest/gtest.h>

namespace edge::secrets {
namespace {

TEST(SecretCodec, GivesBackWhatWasEncoded) {
  for (const Secret& secret :
       {Secret{{"a", ""}}, Secret{{"user", "u"}, {"password", std::string("\0\xff\n", 3)}}}) {
    const auto bytes = encode_secret(secret);
    const auto again = decode_secret(bytes.view());
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, secret);
  }
}

TEST(SecretCodec, APartIsDamage) {
  const auto bytes = encode_secret({{"user", "u"}});
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    const auto decoded = decode_secret(bytes.view().substr(0, size));
    ASSERT_FALSE(decoded) << size;
    EXPECT_EQ(decoded.error().code, Code::kDataLoss);
  }
  EXPECT_FALSE(decode_secret("\xff\xff\xff\xff"));
}

TEST(SecretCodec, WhatCannotBeKeptIsRefusedWithoutItsValue) {
  EXPECT_TRUE(check_secret("a", {{"a", std::string(kMaxSecretBytes - 20, 'x')}}));
  const std::pair<std::string, Secret> refused[] = {
      {"", {{"a", "s3cret"}}},
      {std::string(256, 'n'), {{"a", "s3cret"}}},
      {"\xff", {{"a", "s3cret"}}},
      {"bulk", {{"bulk", "s3cret"}}},
      {"a", {}},
      {"a", {{"", "s3cret"}}},
      {"a", {{"a", "s3cret" + std::string(kMaxSecretBytes, 'x')}}},
  };
  for (const auto& [name, secret] : refused) {
    const auto status = check_secret(name, secret);
    ASSERT_FALSE(status) << name;
    EXPECT_EQ(status.error().code, Code::kInvalidArgument);
    EXPECT_EQ(status.error().message.find("s3cret"), std::string::npos);
  }
}

TEST(SecretCodec, WipingLeavesNothing) {
  Secrets secrets = {{"a", {{"a", "s3cret-and-longer-than-a-short-string"}}}};
  wipe(secrets);
  EXPECT_TRUE(secrets.empty());
}

}  // namespace
}  // namespace edge::secrets
