#include "edge/blocks/secrets/secrets_block.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "components/all.h"
#include "edge/loop/sim_loop.h"
#include "tests/support/temp_dir.h"

namespace edge::blocks {
namespace {

using testing::ElementsAre;

class SecretsBlockTest : public ::testing::Test {
 protected:
  SecretsBlockTest() {
    settings_.id = "lamp";
    lamp_ = std::make_unique<App>(loop_, settings_, nullptr);
  }
  ~SecretsBlockTest() override { run(loop_, block_.close(&loop_)); }

  // A store with the secrets a, b and c.
  void add(const char* name, std::vector<std::string> scopes = {}) {
    const auto path = dir_.write("secrets.json", R"({"a":"1","b":"2","c":"3"})");
    const auto* type =
        components::find_type(components::secret_store_types(), "secretstores.local.file");
    auto store = type->make({name, {{"secretsFile", path}}, loop_, files_, ""});
    ASSERT_TRUE(run(loop_, store->init(Ctx::background())));
    block_.add({name, std::move(store), std::move(scopes)});
  }

  ApiResult<secrets::Secret> get(const char* name) {
    const auto store = block_.find("vault");
    auto reading = run(loop_, block_.get(Ctx::background(), store.get(), name));
    if (!reading) return std::unexpected(std::move(reading.error()));
    return std::move(reading->secret);
  }

  std::vector<std::string> readable() {
    const auto store = block_.find("vault");
    const auto all = run(loop_, block_.get_all(Ctx::background(), store.get()));
    std::vector<std::string> names;
    for (const auto& [name, secret] : all->secrets) names.push_back(name);
    return names;
  }

  SimLoop loop_;
  store::OpenFiles files_;
  test::TempDir dir_;
  AppSettings settings_;
  std::unique_ptr<App> lamp_;
  SecretsBlock block_;
};

TEST_F(SecretsBlockTest, TellsNoStoreFromAnUnknownOneAndFromOneOutOfScope) {
  const auto none = block_.find(*lamp_, "vault").error();
  EXPECT_EQ(none.http, 500);
  EXPECT_EQ(none.tag, "ERR_SECRET_STORES_NOT_CONFIGURED");
  EXPECT_EQ(none.message, "secret store is not configured");
  add("other", {"speaker"});
  EXPECT_EQ(block_.find(*lamp_, "other").error().http, 500);
  add("vault", {"lamp"});
  EXPECT_TRUE(block_.find(*lamp_, "vault"));
  const auto hidden = block_.find(*lamp_, "other").error();
  EXPECT_EQ(hidden.http, 401);
  EXPECT_EQ(hidden.grpc, Code::kInvalidArgument);
  EXPECT_EQ(hidden.tag, "ERR_SECRET_STORE_NOT_FOUND");
  EXPECT_EQ(hidden.message, "failed finding secret store with key other");
}

TEST_F(SecretsBlockTest, WithoutAScopeEverythingIsReadable) {
  add("vault");
  EXPECT_EQ(get("a")->at("a"), "1");
  EXPECT_THAT(readable(), ElementsAre("a", "b", "c"));
}

TEST_F(SecretsBlockTest, AnAllowedListIsAllThatIsReadable) {
  block_.limit("vault", {SecretScope::Default::kAllow, {"a"}, {"a"}});
  add("vault");
  EXPECT_TRUE(get("a")) << "the list of the allowed comes before that of the denied";
  const auto refused = get("b");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().http, 403);
  EXPECT_EQ(refused.error().grpc, Code::kPermissionDenied);
  EXPECT_EQ(refused.error().tag, "ERR_PERMISSION_DENIED");
  EXPECT_EQ(refused.error().message, "access denied by policy to get \"b\" from \"vault\"");
  EXPECT_THAT(readable(), ElementsAre("a"));
}

TEST_F(SecretsBlockTest, DeniedOnesAreLeftOut) {
  add("vault");
  block_.limit("vault", {SecretScope::Default::kAllow, {}, {"b"}});
  EXPECT_FALSE(get("b"));
  EXPECT_THAT(readable(), ElementsAre("a", "c"));
  block_.limit("vault", {SecretScope::Default::kDeny, {}, {}});
  EXPECT_FALSE(get("a"));
  EXPECT_THAT(readable(), ElementsAre());
}

TEST_F(SecretsBlockTest, ADeniedSecretIsNotSaidToExist) {
  block_.limit("vault", {SecretScope::Default::kDeny, {}, {}});
  add("vault");
  EXPECT_EQ(get("nosuch").error().http, 403);
}

TEST_F(SecretsBlockTest, AStoresErrorNamesSecretAndStore) {
  add("vault");
  const auto missing = get("nosuch");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().http, 500);
  EXPECT_EQ(missing.error().tag, "ERR_SECRET_GET");
  EXPECT_EQ(missing.error().message,
            "failed getting secret with key nosuch from secret store vault: "
            "secret nosuch not found");
}

}  // namespace
}  // namespace edge::blocks
