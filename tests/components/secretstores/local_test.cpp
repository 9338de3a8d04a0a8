#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "components/all.h"
#include "edge/loop/sim_loop.h"
#include "tests/support/temp_dir.h"

namespace edge::secrets {
namespace {

class LocalSecretsTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> make(const char* type_name, components::Metadata metadata) {
    const auto* type = components::find_type(components::secret_store_types(), type_name);
    return type->make({"secrets", std::move(metadata), loop_, files_, ""});
  }

  std::string value(Store& store, const std::string& name, const std::string& key) {
    auto secret = run(loop_, store.get(Ctx::background(), name));
    return secret && secret->contains(key) ? secret->at(key) : "(none)";
  }

  std::string write(const char* text) {
    const std::string path = dir_.path() + "/secrets.json";
    std::ofstream(path) << text;
    return path;
  }

  SimLoop loop_;
  store::OpenFiles files_;
  test::TempDir dir_;
};

TEST_F(LocalSecretsTest, FileFlattensNestedNames) {
  const auto path = write(R"({"a":"1","db":{"user":"u","ports":[80,443]}})");
  auto store = make("secretstores.local.file", {{"secretsFile", path}});
  ASSERT_TRUE(run(loop_, store->init(Ctx::background())));
  EXPECT_EQ(value(*store, "a", "a"), "1");
  EXPECT_EQ(value(*store, "db:user", "db:user"), "u");
  EXPECT_EQ(value(*store, "db:ports:1", "db:ports:1"), "443");
  EXPECT_EQ(value(*store, "db", "user"), "(none)");
  EXPECT_EQ(run(loop_, store->get_all(Ctx::background()))->size(), 4u);
}

TEST_F(LocalSecretsTest, FileCanHoldSeveralValuesForAName) {
  const auto path = write(R"({"db":{"user":"u","tls":{"cert":"c"}}})");
  auto store = make("secretstores.local.file",
                    {{"secretsFile", path}, {"multiValued", "true"}, {"nestedSeparator", "."}});
  ASSERT_TRUE(run(loop_, store->init(Ctx::background())));
  EXPECT_EQ(value(*store, "db", "user"), "u");
  EXPECT_EQ(value(*store, "db", "tls.cert"), "c");
}

TEST_F(LocalSecretsTest, FileThatCannotBeReadIsNamed) {
  auto missing = make("secretstores.local.file", {{"secretsFile", dir_.path() + "/none.json"}});
  auto opened = run(loop_, missing->init(Ctx::background()));
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("none.json"), std::string::npos);
  auto broken = make("secretstores.local.file", {{"secretsFile", write("{")}});
  EXPECT_FALSE(run(loop_, broken->init(Ctx::background())));
  auto nameless = make("secretstores.local.file", {});
  EXPECT_FALSE(run(loop_, nameless->init(Ctx::background())));
}

TEST_F(LocalSecretsTest, EnvironmentHidesTheHubsOwnTokens) {
  ::setenv("HOME_PIN", "1234", 1);
  ::setenv("DAPR_API_TOKEN", "hidden", 1);
  auto store = make("secretstores.local.env", {{"prefix", "HOME_"}});
  ASSERT_TRUE(run(loop_, store->init(Ctx::background())));
  EXPECT_EQ(value(*store, "PIN", "PIN"), "1234");
  EXPECT_EQ(value(*store, "NOT_SET", "NOT_SET"), "");
  auto bare = make("secretstores.local.env", {});
  ASSERT_TRUE(run(loop_, bare->init(Ctx::background())));
  EXPECT_EQ(value(*bare, "DAPR_API_TOKEN", "DAPR_API_TOKEN"), "");
  for (const char end : {'\0', '='}) {
    const std::string name = std::string("HOME_PIN") + end;
    EXPECT_EQ(value(*bare, name, name), "") << "which is no name of a variable";
  }
  EXPECT_FALSE(run(loop_, bare->get_all(Ctx::background()))->contains("DAPR_API_TOKEN"));
  ::unsetenv("DAPR_API_TOKEN");
}

}  // namespace
}  // namespace edge::secrets
