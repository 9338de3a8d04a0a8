// What every secret store does, run for each registered one. Source: conformance §4; wire reference
// §5, §14.6.
#include <algorithm>
#include <cstdlib>
#include <functional>

#include <gtest/gtest.h>

#include "tests/components/secretstores/fake_cloud.h"
#include "tests/components/secretstores/fixture.h"
#include "tests/support/temp_dir.h"

namespace edge::secrets {
namespace {

struct Case {
  std::string name;
  std::string type;
  // Puts "conftestsecret" and "secondsecret" there; gives the fields.
  std::function<components::Metadata(const test::TempDir&)> prepare;
};

components::Metadata set_environment(const test::TempDir&) {
  ::setenv("conftestsecret", "abcd", 1);
  ::setenv("secondsecret", "efgh", 1);
  return {};
}

components::Metadata write_json(const test::TempDir& dir) {
  return {{"secretsFile",
           dir.write("secrets.json", R"({"conftestsecret":"abcd","secondsecret":"efgh"})")},
          {"nestedSeparator", ":"}};
}

components::Metadata seal(const test::TempDir& dir) {
  components::Metadata fields = {{"connectionString", dir.file("secrets.db")}};
  RunningStore store("secretstores.sqlite", fields);
  EXPECT_TRUE(store.set("conftestsecret", "abcd"));
  EXPECT_TRUE(store.set("secondsecret", "efgh"));
  return fields;
}

// What an earlier life has read is served without any network.
components::Metadata copy_from_cloud(const test::TempDir& dir) {
  FakeCloud cloud;
  cloud.scope = "aws:eu-west-1:";
  cloud.set("conftestsecret", "abcd");
  cloud.set("secondsecret", "efgh");
  components::Metadata fields = {{"region", "eu-west-1"},
                                 {"accessKey", "AKID"},
                                 {"secretKey", "key"},
                                 {"replicaFile", dir.file("copies.db")},
                                 {"keyFile", dir.file("copies.key")}};
  RunningCloud store(cloud, dir, fields, "vault");
  EXPECT_TRUE(run(store.loop(), store.store().get_all(Ctx::background())));
  EXPECT_EQ(store.read("nosuchsecret").error().code, Code::kNotFound);
  return fields;
}

std::vector<Case> all_cases() {
  return {{"aws", "secretstores.aws.secretmanager", copy_from_cloud},
          {"local_env", "secretstores.local.env", set_environment},
          {"local_file", "secretstores.local.file", write_json},
          {"sqlite", "secretstores.sqlite", seal}};
}

class SecretStoreConformance : public testing::TestWithParam<Case> {
 protected:
  SecretStoreConformance() : store_(GetParam().type, GetParam().prepare(dir_)) {}

  void SetUp() override { ASSERT_TRUE(store_.opened()) << store_.opened().error().message; }

  test::TempDir dir_;
  RunningStore store_;
};

TEST(SecretStoreConformanceCases, CoverEveryType) {
  for (const auto& type : components::secret_store_types()) {
    const auto cases = all_cases();
    EXPECT_TRUE(std::ranges::any_of(cases, [&type](const Case& one) {
      return one.type == type.name;
    })) << type.name;
  }
}

TEST_P(SecretStoreConformance, GetGivesTheValueUnderTheSecretsName) {
  const auto secret = store_.get("conftestsecret");
  ASSERT_TRUE(secret) << secret.error().message;
  EXPECT_EQ(*secret, (Secret{{"conftestsecret", "abcd"}}));
}

TEST_P(SecretStoreConformance, GetAllHasThemAll) {
  const auto secrets = store_.get_all();
  ASSERT_TRUE(secrets) << secrets.error().message;
  EXPECT_EQ(secrets->at("conftestsecret"), (Secret{{"conftestsecret", "abcd"}}));
  EXPECT_EQ(secrets->at("secondsecret"), (Secret{{"secondsecret", "efgh"}}));
}

TEST_P(SecretStoreConformance, AnUnknownNameGivesNoValue) {
  const auto secret = store_.get("nosuchsecret");
  if (!secret) {
    EXPECT_EQ(secret.error().code, Code::kNotFound);
    EXPECT_NE(secret.error().message.find("nosuchsecret"), std::string::npos);
    return;
  }
  // The environment answers for every name.
  EXPECT_EQ(*secret, (Secret{{"nosuchsecret", ""}}));
}

TEST_P(SecretStoreConformance, AnswersTheSameAgain) {
  EXPECT_EQ(store_.value("secondsecret"), "efgh");
  EXPECT_EQ(store_.value("secondsecret"), "efgh");
}

INSTANTIATE_TEST_SUITE_P(Stores, SecretStoreConformance, testing::ValuesIn(all_cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace edge::secrets
