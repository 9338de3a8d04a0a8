#include "edge/blocks/state/state_block.h"

#include <gtest/gtest.h>

#include "components/all.h"
#include "edge/loop/sim_loop.h"

namespace edge::blocks {
namespace {

class StateBlockTest : public ::testing::Test {
 protected:
  StateBlockTest() {
    lamp_settings_.id = "lamp";
    lamp_ = std::make_unique<App>(loop_, lamp_settings_, nullptr);
  }

  void add(const char* name, std::vector<std::string> scopes) {
    const auto* type = components::find_type(components::state_types(), "state.in-memory");
    auto store = type->make({name, {}, loop_, files_, ""});
    ASSERT_TRUE(run(loop_, store->init(Ctx::background())));
    block_.add({name, std::move(store), *KeyPrefix::parse("", name), std::move(scopes)});
  }

  ApiResult<void> save(const char* key, const char* value, const char* etag) {
    state::SetRequest item;
    item.key = key;
    item.value = value;
    item.etag = etag;
    return run(loop_, block_.save(Ctx::background(), lamp_.get(), store(), {item}));
  }

  StateStore* store() { return block_.find(*lamp_, "s")->get(); }

  ~StateBlockTest() override { run(loop_, block_.close(&loop_)); }

  SimLoop loop_;
  store::OpenFiles files_;
  AppSettings lamp_settings_;
  std::unique_ptr<App> lamp_;
  StateBlock block_;
};

TEST_F(StateBlockTest, TellsNoStoreFromAnUnknownOneAndFromOneOutOfScope) {
  EXPECT_EQ(block_.find(*lamp_, "s").error().tag, "ERR_STATE_STORE_NOT_CONFIGURED");
  add("other", {"speaker"});
  EXPECT_EQ(block_.find(*lamp_, "other").error().tag, "ERR_STATE_STORE_NOT_CONFIGURED");
  add("s", {"lamp"});
  EXPECT_TRUE(block_.find(*lamp_, "s"));
  const auto error = block_.find(*lamp_, "other").error();
  EXPECT_EQ(error.tag, "ERR_STATE_STORE_NOT_FOUND");
  EXPECT_EQ(error.http, 400);
  EXPECT_EQ(error.reason, "DAPR_STATE_NOT_FOUND");
}

TEST_F(StateBlockTest, KeepsWhatIsSavedUnderTheAppsPrefix) {
  add("s", {});
  ASSERT_TRUE(save("k", "1", ""));
  auto item = run(loop_, block_.get(Ctx::background(), lamp_.get(), store(), "k"));
  ASSERT_TRUE(item);
  EXPECT_EQ(item->value, "1");
  EXPECT_EQ(item->key, "lamp||k");
  auto all =
      run(loop_, block_.bulk_get(Ctx::background(), lamp_.get(), store(), {"k", "missing"}, 100));
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size(), 2u);
}

TEST_F(StateBlockTest, ManyKeysAreReadOnceAndWithinABudget) {
  add("s", {});
  ASSERT_TRUE(save("k", "12345678", ""));
  const auto get = [this](std::vector<std::string> keys, std::uint64_t budget) {
    return run(loop_,
               block_.bulk_get(Ctx::background(), lamp_.get(), store(), std::move(keys), budget));
  };
  const auto twice = get({"k", "missing", "k"}, 100);
  ASSERT_TRUE(twice);
  ASSERT_EQ(twice->size(), 3u);
  EXPECT_EQ((*twice)[0].value, "12345678");
  EXPECT_EQ((*twice)[1].key, "missing");
  EXPECT_EQ((*twice)[2].value, "12345678");
  const auto much = get(std::vector<std::string>(10, "k"), 100);
  ASSERT_FALSE(much);
  EXPECT_EQ(much.error().grpc, Code::kResourceExhausted);
  EXPECT_EQ(much.error().http, 413);
  EXPECT_TRUE(
      much.error().message.starts_with("trying to send message larger than max (150 vs. 100)"))
      << much.error().message;
  std::vector<std::string> many;
  for (int i = 0; i < 100; ++i) many.push_back("k" + std::to_string(i));
  EXPECT_EQ(get(many, 10'000)->size(), 100u);
}

TEST_F(StateBlockTest, AMismatchOfEtagsIsAConflict) {
  add("s", {});
  ASSERT_TRUE(save("k", "1", ""));
  const auto conflict = save("k", "2", "wrong");
  ASSERT_FALSE(conflict);
  EXPECT_EQ(conflict.error().http, 409);
  EXPECT_EQ(conflict.error().grpc, Code::kAborted);
  EXPECT_TRUE(conflict.error().message.starts_with(
      "failed saving state in state store s: possible etag mismatch. error from state store"))
      << conflict.error().message;
}

TEST_F(StateBlockTest, KeysMustNotHoldTheSeparator) {
  add("s", {});
  const auto refused = save("a||b", "1", "");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "input key/keyPrefix 'a||b' can't contain '||'");
  EXPECT_EQ(refused.error().reason, "DAPR_STATE_ILLEGAL_KEY");
}

TEST_F(StateBlockTest, ATransactionAppliesAllOrNothing) {
  add("s", {});
  ASSERT_TRUE(save("gone", "1", ""));
  state::SetRequest set;
  set.key = "new";
  set.value = "2";
  state::DeleteRequest removal;
  removal.key = "gone";
  removal.etag = "wrong";
  auto failed =
      run(loop_, block_.transact(Ctx::background(), lamp_.get(), store(), {set, removal}));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().http, 500);
  EXPECT_EQ(failed.error().tag, "ERR_STATE_TRANSACTION");
  auto item = run(loop_, block_.get(Ctx::background(), lamp_.get(), store(), "new"));
  EXPECT_FALSE(item->value);
}

}  // namespace
}  // namespace edge::blocks
