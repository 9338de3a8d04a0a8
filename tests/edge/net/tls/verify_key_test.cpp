#include "edge/net/tls/verify_key.h"

#include <gtest/gtest.h>

#include "edge/base/strings.h"
#include "tests/support/signed.h"

namespace edge::tls {
namespace {

using test::kKey;
using test::kOtherKey;

// Keys and signature come from openssl.
constexpr const char* kKeyOfP384 =
    "-----BEGIN PUBLIC KEY-----\n"
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEgfsfO3oPXOmAg7ltrawISBoOXmh2JjaV\n"
    "onr38FDFC78pNulzHfeVvrAaSZ2UQO12m4yQD1tSBdEtEiN+oJiHpOfRDGCmrsIW\n"
    "wEXPpbtf79i5ailpzxIWnRCm/ZiKoHxh\n"
    "-----END PUBLIC KEY-----\n";
constexpr const char* kSignature =
    "MEUCIEqr4N68vM0NCOwgNJQws/DIP5dSM0F4QnMktBIVe//IAiEA/sEn6iTUjxHdgTUbUaR6AVwcdSVVVejb9InV"
    "Ly2JKX0=";

bool has_signed(const char* pem, std::string_view text, std::string_view signature) {
  const auto key = VerifyKey::parse(pem);
  EXPECT_TRUE(key);
  return key && key->has_signed(text, signature);
}

TEST(VerifyKey, KnowsWhatItHasSigned) {
  const std::string signature = base64_decode(kSignature).value_or("");
  EXPECT_TRUE(has_signed(kKey, "text", signature));
  EXPECT_FALSE(has_signed(kKey, "Text", signature));
  EXPECT_FALSE(has_signed(kKey, "", signature));
  EXPECT_FALSE(has_signed(kOtherKey, "text", signature));
  EXPECT_FALSE(has_signed(kKey, "text", ""));
  EXPECT_FALSE(has_signed(kKey, "text", signature + "x"));
  EXPECT_FALSE(has_signed(kKey, "text", signature.substr(1)));
}

TEST(VerifyKey, IsOneOfP256) {
  for (const char* pem : {kKeyOfP384, "", "key", "-----BEGIN PUBLIC KEY-----"}) {
    const auto key = VerifyKey::parse(pem);
    ASSERT_FALSE(key) << pem;
    EXPECT_EQ(key.error().code, Code::kInvalidArgument);
  }
  EXPECT_TRUE(VerifyKey::parse(kKeyOfP384).error().message.contains("P-256"));
}

}  // namespace
}  // namespace edge::tls
