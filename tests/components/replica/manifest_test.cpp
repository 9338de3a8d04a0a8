// Manifests: only what is signed, whole and not older than what was taken over is accepted.
#include "components/replica/manifest.h"

#include <gtest/gtest.h>

#include "components/replica/generations.h"
#include "edge/base/rfc3339.h"
#include "tests/support/signed.h"

namespace edge::replica {
namespace {

using test::kKey;
using test::kOtherKey;

// Signatures come from openssl.
constexpr const char* kRed7 =
    "{\"layer\": \"base\", \"epoch\": 1, \"rev\": 7, \"sha256\": "
    "\"241889ca0604e33386e9c98ce9b9df036a8d1"
    "b1382b710bdef285efe4e943727\", \"sig\": \"MEUCIQCELSmzCKrIoBwLec7YRIq8jc4rlzoCMG6g5f0G5h643g"
    "IgJWGC9uP0eeHI1g+x1ko0pIRtQJ9khCr83ZMCjirD3BA=\"}";
constexpr const char* kBlue6 =
    "{\"layer\": \"base\", \"epoch\": 1, \"rev\": 6, \"sha256\": "
    "\"f234cb93c08ad64e15e04f6bfce153d704a2d"
    "a911fb50a45fd45c81064b62617\", \"sig\": \"MEQCIFpfB1S/bMOn/KA+jyE5v5CLzllN/0B2vlC3ocQ2sw2FAi"
    "AaS2qIrRgk+eF5sSqfzhZbygFrCa11sQjxxmpn831K1Q==\"}";
constexpr const char* kGreen0Of2 =
    "{\"layer\": \"base\", \"epoch\": 2, \"rev\": 0, \"sha256\": "
    "\"b1c0d2a81c6839b36839e8d9b273cb1727937"
    "0ab430e5e3fc8218e2bcaa6373b\", \"sig\": \"MEQCIGu1jdEOY8QTCmDqMhZbMqbvozohxSpio73GbJl1GuwXAi"
    "AU6VqaExfEsgOZgBFjac8oWYLncVjczfMic5z95UhjwA==\"}";
constexpr const char* kGray1 =
    "{\"layer\": \"lane-gray\", \"epoch\": 1, \"rev\": 1, \"sha256\": "
    "\"acf7552d0927e044e1de4ada6336830a"
    "df009e4eda2ed242e10917aef42ec3fe\", \"sig\": \"MEQCIB22LQT84Oi8dyCmK4GYIBuD7DPAOTLwbCY2aJf7d"
    "ClVAiBtGlc7v6sNVQahSiywxeuK5+Ug+IDh1w4gE/zfvuH7sA==\"}";

std::vector<tls::VerifyKey> parse(const std::vector<const char*>& texts) {
  std::vector<tls::VerifyKey> keys;
  for (const char* pem : texts) {
    if (auto key = tls::VerifyKey::parse(pem)) keys.push_back(std::move(*key));
  }
  return keys;
}

TrustRef trust_in(const std::vector<const char*>& signing, const std::vector<const char*>& roots,
                  const char* now = "2026-11-23T00:00:00Z") {
  Trust trust{.signing = parse(signing), .roots = parse(roots)};
  trust.now = [time = *parse_rfc3339(now)] { return time; };
  return std::make_shared<const Trust>(std::move(trust));
}

ManifestOptions options(const std::string& layer, Parts parts = Parts::kNone) {
  return {.layer = layer, .parts = parts, .trust = trust_in({kOtherKey, kKey}, {})};
}

Values signed_color(const std::string& color, const std::string& manifest) {
  return {{"color", {color, 1}}, {".manifest", {manifest, 1}}};
}

std::string refusal(const Values& all, const Issues& accepted = {}) {
  const auto issues = check_manifests(options("base"), all, accepted);
  return issues ? "" : issues.error().message;
}

TEST(Manifest, OfTheItemsIsAccepted) {
  const auto issues = check_manifests(options("base"), signed_color("red", kRed7), {});
  ASSERT_TRUE(issues) << issues.error().message;
  EXPECT_EQ(*issues, (Issues{{"", {1, 7}}}));
  EXPECT_EQ(refusal(signed_color("red", kRed7), *issues), "") << "the same again";
  EXPECT_EQ(refusal(signed_color("green", kGreen0Of2), *issues), "") << "a later epoch";
  EXPECT_EQ(refusal({}), "") << "a layer that was never signed and has nothing";
}

TEST(Manifest, WhatIsWrongIsNamed) {
  EXPECT_EQ(refusal({{"color", {"red", 1}}}),
            "layer base: it has no .manifest, and signingKeys wants one");
  EXPECT_EQ(refusal(signed_color("red", "x")), "layer base: its .manifest is no JSON object");
  EXPECT_EQ(refusal(signed_color("blue", kRed7)),
            "layer base: its items are not those of its .manifest");
  std::string forged = kRed7;
  forged.replace(forged.find("\"rev\": 7"), 8, "\"rev\": 9");
  const std::string unsigned_text = "layer base: its .manifest is not signed by any of signingKeys";
  EXPECT_EQ(refusal(signed_color("red", forged)), unsigned_text);
  EXPECT_EQ(refusal(signed_color("red", "{}")), unsigned_text);
  EXPECT_EQ(refusal(signed_color("red", R"({"sig":"AAAA"})")), unsigned_text);
  EXPECT_EQ(refusal({{"灯", {"on", 1}}, {".manifest", {kGray1, 1}}}),
            "layer base: its .manifest is that of the layer lane-gray");
  const Issues accepted = {{"", {1, 7}}};
  EXPECT_EQ(
      refusal(signed_color("blue", kBlue6), accepted),
      "layer base: its revision 6 of epoch 1 is lower than 7 of epoch 1, which was taken over "
      "before");
  EXPECT_NE(refusal({}, accepted), "") << "what was signed once stays so";
}

TEST(Manifest, EachLaneHasItsOwn) {
  const ManifestOptions lanes = options("lane-", Parts::kByName);
  Values all = {{"gray/灯", {"on", 1}}, {"gray/.manifest", {kGray1, 1}}, {"stray", {"x", 1}}};
  const auto issues = check_manifests(lanes, all, {});
  ASSERT_TRUE(issues) << issues.error().message;
  EXPECT_EQ(*issues, (Issues{{"gray", {1, 1}}}));
  all["qa/x"] = {"1", 1};
  EXPECT_FALSE(check_manifests(lanes, all, *issues));
}

std::string refusal_of(const char* manifest, const TrustRef& trust, const Issues& accepted = {}) {
  const ManifestOptions options{.layer = "base", .trust = trust};
  const auto issues = check_manifests(options, signed_color("red", manifest), accepted);
  return issues ? "" : issues.error().message;
}

TEST(ManifestKeys, AreGoodWhereARootVouchesForThem) {
  const TrustRef trust = trust_in({}, {kOtherKey, test::kRootKey});
  const auto manifest = read_manifest("base", test::kVouched7, trust);
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->issue, (Issue{1, 7, 3}));
  EXPECT_EQ(manifest->expires, parse_rfc3339("2029-01-01T00:00:00Z"));
  EXPECT_EQ(refusal_of(test::kVouched7, trust), "");
  EXPECT_EQ(refusal_of(test::kVouched8OfOlderKeys, trust), "");
  EXPECT_EQ(refusal_of(test::kVouched8OfOlderKeys, trust, {{"", {1, 7, 3}}}),
            "layer base: its keys, revision 2, are older than revision 3, which was taken over "
            "before");
  EXPECT_EQ(refusal_of(test::kVouched9ByItself, trust),
            "layer base: its keys are not signed by any of rootKeys");
  EXPECT_EQ(refusal_of(test::kVouched7, trust_in({}, {kKey})),
            "layer base: its keys are not signed by any of rootKeys");
  EXPECT_EQ(refusal_of(kRed7, trust),
            "layer base: its .manifest has no keys, and rootKeys wants them");
  EXPECT_EQ(refusal_of(kRed7, trust_in({kKey}, {test::kRootKey})), "") << "signingKeys go on";
  EXPECT_EQ(refusal_of(test::kVouched7, trust_in({kKey}, {})),
            "layer base: its .manifest is not signed by any of signingKeys");
}

TEST(ManifestKeys, SignNothingAfterTheirEnd) {
  EXPECT_EQ(refusal_of(test::kVouched7, trust_in({}, {test::kRootKey}, "2030-01-01T00:00:00Z")),
            "layer base: its .manifest is not signed by any of its keys that have not expired");
  EXPECT_EQ(refusal_of(test::kVouched7, trust_in({}, {test::kRootKey}, "1970-01-01T00:00:10Z")),
            "");
}

TEST(ManifestExpiry, IsTheFirstOfAll) {
  EXPECT_EQ(first_expiry({{"a", {"1", 1}}, {".manifest", {kRed7, 1}}}), std::nullopt);
  const Values all = {{"blue/.manifest", {R"({"expires":"2031-01-01T00:00:00Z"})", 1}},
                      {"gray/.manifest", {test::kVouched7, 1}},
                      {"x.manifest", {R"({"expires":"2000-01-01T00:00:00Z"})", 1}}};
  EXPECT_EQ(first_expiry(all), parse_rfc3339("2029-01-01T00:00:00Z"));
  EXPECT_TRUE(read_manifest("base", R"({"layer":"base","epoch":1,"rev":1,"expires":"soon"})", {})
                  .error()
                  .message.contains("no time as in RFC 3339"));
}

class RefusalTest : public testing::Test {
 protected:
  RefusalTest() {
    generations_.check_by([](const Values& next, const Issues& accepted) {
      return check_manifests(options("base"), next, accepted);
    });
  }
  // Gives how many differences are seen.
  std::size_t replace(const Values& all, Generations::Witnesses witnesses = std::nullopt) {
    Step step;
    step.differences = generations_.differences_to(all);
    generations_.plan(step, {"c", 1}, std::move(witnesses));
    generations_.take(step);
    return step.served().size();
  }
  std::string color() const {
    const auto found = generations_.served().find("color");
    return found == generations_.served().end() ? "" : found->second.text;
  }
  Standing standing() const { return generations_.guard().standing; }

  Generations generations_;
};

TEST_F(RefusalTest, WhatWasServedStays) {
  EXPECT_EQ(replace(signed_color("red", kRed7)), 2U);
  EXPECT_EQ(standing(), Standing::kProven);
  EXPECT_EQ(generations_.guard().accepted, (Issues{{"", {1, 7}}}));
  EXPECT_EQ(replace(signed_color("evil", kRed7)), 0U);
  EXPECT_EQ(standing(), Standing::kRefused);
  EXPECT_EQ(color(), "red");
  EXPECT_EQ(replace(signed_color("blue", kBlue6)), 0U);
  EXPECT_TRUE(generations_.guard().reason.contains("is lower than"));
  EXPECT_EQ(replace(signed_color("green", kGreen0Of2)), 2U);
  EXPECT_EQ(standing(), Standing::kProven);
  EXPECT_EQ(color(), "green");
  EXPECT_EQ(replace(signed_color("red", kRed7)), 0U) << "it was good once, and is old";
  EXPECT_EQ(color(), "green");
}

TEST_F(RefusalTest, OnProbationWhatWasProvenIsServed) {
  replace(signed_color("red", kRed7));
  EXPECT_EQ(replace(signed_color("green", kGreen0Of2), std::set<std::string>{"lamp"}), 2U);
  EXPECT_EQ(standing(), Standing::kOnProbation);
  EXPECT_EQ(replace(signed_color("evil", kGreen0Of2), std::set<std::string>{}), 2U);
  EXPECT_EQ(standing(), Standing::kRefused);
  EXPECT_EQ(color(), "red");
  EXPECT_EQ(replace(signed_color("green", kGreen0Of2), std::set<std::string>{}), 2U);
  EXPECT_EQ(standing(), Standing::kOnProbation);
  EXPECT_EQ(color(), "green");
}

TEST_F(RefusalTest, AnotherManifestOfTheSameItemsNeedsNoProbation) {
  generations_.check_by({});
  generations_.set_manifests_aside();
  const std::set<std::string> lamp = {"lamp"};
  replace(signed_color("red", "1"));
  replace(signed_color("red", "2"), lamp);
  EXPECT_EQ(standing(), Standing::kProven);
  EXPECT_EQ(generations_.served().at(".manifest").text, "2");
  replace(signed_color("blue", "3"), lamp);
  EXPECT_EQ(standing(), Standing::kOnProbation);
  replace(signed_color("red", "4"), lamp);
  EXPECT_EQ(standing(), Standing::kProven) << "these items are proven";

  replace(signed_color("blue", "5"), lamp);
  Step step;
  generations_.plan_rollback(step, {}, "why");
  generations_.take(step);
  EXPECT_EQ(color(), "red");
  replace(signed_color("blue", "6"), lamp);
  EXPECT_EQ(standing(), Standing::kRolledBack) << "the same items, signed again";
  EXPECT_EQ(color(), "red");
  replace(signed_color("green", "7"), lamp);
  EXPECT_EQ(color(), "green");
}

TEST_F(RefusalTest, NothingIsServedBeforeAnythingIsSigned) {
  EXPECT_EQ(replace({{"color", {"red", 1}}}), 0U);
  EXPECT_EQ(standing(), Standing::kRefused);
  EXPECT_TRUE(generations_.served().empty());
  EXPECT_EQ(replace(signed_color("red", kRed7)), 2U);
  EXPECT_EQ(standing(), Standing::kProven);
}

}  // namespace
}  // namespace edge::replica
