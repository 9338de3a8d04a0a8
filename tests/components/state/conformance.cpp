// What every state store does, run for each registered one. Source: conformance §1; wire reference
// §2.10, §14.2.
#include <algorithm>
#include <functional>
#include <set>

#include <gtest/gtest.h>

#include "tests/components/state/fixture.h"
#include "tests/support/temp_dir.h"

namespace edge::state {
namespace {

struct Case {
  std::string name;
  std::string type;
  std::function<components::Metadata(const test::TempDir&)> metadata;
  std::set<Feature> features;
};

const std::set<Feature> kAllButQuery = {Feature::kEtag, Feature::kTransactional, Feature::kTtl,
                                        Feature::kDeleteWithPrefix, Feature::kKeysLike};

std::vector<Case> all_cases() {
  return {
      {"in_memory", "state.in-memory", [](const test::TempDir&) { return components::Metadata{}; },
       kAllButQuery},
      {"sqlite", "state.sqlite",
       [](const test::TempDir& dir) {
         return components::Metadata{{"connectionString", dir.file("state.db")}};
       },
       kAllButQuery},
      {"sqlite_in_memory", "state.sqlite3",
       [](const test::TempDir&) { return components::Metadata{{"url", ":memory:"}}; },
       kAllButQuery},
      {"sqlite_rollback_journal", "state.sqlite",
       [](const test::TempDir& dir) {
         return components::Metadata{{"connectionString", "file:" + dir.file("state.db")},
                                     {"disableWAL", "true"}};
       },
       kAllButQuery},
  };
}

class StateConformance : public testing::TestWithParam<Case> {
 protected:
  StateConformance() : store_(GetParam().type, GetParam().metadata(dir_)) {}

  void SetUp() override {
    ASSERT_TRUE(store_.opened()) << store_.opened().error().message;
    if (!GetParam().features.contains(needed_)) GTEST_SKIP() << "the store has no such feature";
  }

  Feature needed_ = Feature::kEtag;
  test::TempDir dir_;
  RunningStore store_;
};

TEST_P(StateConformance, ATypeIsCoveredHere) {
  const auto cases = all_cases();
  for (const auto& type : components::state_types()) {
    EXPECT_TRUE(std::ranges::any_of(cases, [&](const Case& one) { return one.type == type.name; }))
        << type.name;
  }
}

TEST_P(StateConformance, FeaturesAgreeWithWhatIsImplemented) {
  const auto listed = store_.store().features();
  EXPECT_EQ(std::set<Feature>(listed.begin(), listed.end()), GetParam().features);
  const bool keyed = GetParam().features.contains(Feature::kDeleteWithPrefix) ||
                     GetParam().features.contains(Feature::kKeysLike);
  EXPECT_EQ(store_.keyed() != nullptr, keyed);
}

TEST_P(StateConformance, ValuesComeBackAsTheyWereGiven) {
  const std::vector<std::string> documents = {
      "42",  "true", "\"text\"", "\"\"", "{\"a\":[1,2]}", "\"{\\\"json\\\":\\\"looking\\\"}\"",
      "null"};
  for (const auto& document : documents) {
    ASSERT_TRUE(store_.set("key", document));
    const Item item = store_.get("key");
    EXPECT_EQ(item.value, document);
    EXPECT_EQ(item.kind, ValueKind::kJson);
  }
}

TEST_P(StateConformance, BytesComeBackAsTheyWereGiven) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  for (const std::string& bytes : {every_byte, std::string(), std::string(1 << 20, '\0')}) {
    ASSERT_TRUE(
        store_.apply_one(SetRequest{.key = "key", .value = bytes, .kind = ValueKind::kBytes}));
    const Item item = store_.get("key");
    EXPECT_TRUE(item.value == bytes);
    EXPECT_EQ(item.kind, ValueKind::kBytes);
  }
}

TEST_P(StateConformance, AMissingKeyIsAnItemWithoutAnything) {
  const Item item = store_.get("nothing");
  EXPECT_FALSE(item.value);
  EXPECT_EQ(item.etag, "");
  EXPECT_TRUE(item.metadata.empty());
}

TEST_P(StateConformance, DeleteRemovesAndMayComeTwice) {
  ASSERT_TRUE(store_.set("key", "1"));
  EXPECT_TRUE(store_.remove("key"));
  EXPECT_FALSE(store_.value("key"));
  EXPECT_TRUE(store_.remove("key"));
  EXPECT_TRUE(store_.remove("never written"));
}

TEST_P(StateConformance, AnEmptyKeyIsRefused) {
  EXPECT_FALSE(store_.set("", "1"));
  EXPECT_FALSE(store_.remove(""));
  EXPECT_FALSE(store_.get_all({""}));
}

TEST_P(StateConformance, BulkGetAnswersEachKey) {
  ASSERT_TRUE(store_.set("b", "2"));
  ASSERT_TRUE(store_.set("a", "1"));
  const auto items = store_.get_all({"a", "none", "b"});
  ASSERT_TRUE(items);
  ASSERT_EQ(items->size(), 3U);
  for (const Item& item : *items) {
    const bool exists = item.key != "none";
    EXPECT_EQ(item.value.has_value(), exists) << item.key;
    EXPECT_EQ(!item.etag.empty(), exists) << item.key;
  }
  EXPECT_TRUE(store_.get_all({})->empty());
}

TEST_P(StateConformance, BulkWriteAppliesAll) {
  std::vector<Operation> writes;
  for (int i = 0; i < 50; ++i) {
    writes.emplace_back(SetRequest{.key = "k" + std::to_string(i), .value = std::to_string(i)});
  }
  EXPECT_TRUE(store_.apply(writes)->empty());
  EXPECT_EQ(store_.value("k49"), "49");
  std::vector<Operation> removals;
  for (int i = 0; i < 49; ++i) removals.emplace_back(DeleteRequest{.key = "k" + std::to_string(i)});
  EXPECT_TRUE(store_.apply(removals)->empty());
  EXPECT_FALSE(store_.value("k0"));
  EXPECT_EQ(store_.value("k49"), "49");
  EXPECT_TRUE(store_.apply({})->empty());
}

TEST_P(StateConformance, EtagGuardsWrites) {
  ASSERT_TRUE(store_.set("key", "1"));
  const std::string first = store_.get("key").etag;
  ASSERT_NE(first, "");
  const auto stale = store_.apply_one(SetRequest{.key = "key", .value = "2", .etag = "wrong"});
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().code, Code::kAborted);
  EXPECT_TRUE(stale.error().message.starts_with("possible etag mismatch. error from state store"));
  EXPECT_EQ(store_.value("key"), "1");

  ASSERT_TRUE(store_.apply_one(SetRequest{.key = "key", .value = "2", .etag = first}));
  const std::string second = store_.get("key").etag;
  EXPECT_NE(second, first);
  EXPECT_EQ(store_.remove("key", first).error().code, Code::kAborted);
  EXPECT_EQ(store_.value("key"), "2");
  EXPECT_TRUE(store_.remove("key", second));
  EXPECT_FALSE(store_.value("key"));
}

TEST_P(StateConformance, AnEmptyEtagIsNone) {
  ASSERT_TRUE(store_.set("key", "1"));
  EXPECT_TRUE(store_.apply_one(SetRequest{.key = "key", .value = "2", .etag = ""}));
  EXPECT_TRUE(store_.remove("key", ""));
}

TEST_P(StateConformance, AnEtagForAMissingKeyDoesNotMatch) {
  EXPECT_EQ(store_.apply_one(SetRequest{.key = "key", .value = "1", .etag = "any"}).error().code,
            Code::kAborted);
  EXPECT_EQ(store_.remove("key", "any").error().code, Code::kAborted);
}

TEST_P(StateConformance, LastWriteWithAnEtagStillCompares) {
  ASSERT_TRUE(store_.set("key", "1"));
  EXPECT_EQ(
      store_
          .apply_one(SetRequest{
              .key = "key", .value = "2", .etag = "wrong", .concurrency = Concurrency::kLastWrite})
          .error()
          .code,
      Code::kAborted);
}

TEST_P(StateConformance, BulkWritesSucceedInPart) {
  ASSERT_TRUE(store_.set("a", "1"));
  ASSERT_TRUE(store_.set("b", "1"));
  const auto failed = store_.apply({SetRequest{.key = "a", .value = "2"},
                                    SetRequest{.key = "b", .value = "2", .etag = "wrong"},
                                    SetRequest{.key = "c", .value = "2"}});
  ASSERT_TRUE(failed);
  ASSERT_EQ(failed->size(), 1U);
  EXPECT_EQ(failed->front().key, "b");
  EXPECT_EQ(failed->front().error.code, Code::kAborted);
  EXPECT_EQ(store_.value("a"), "2");
  EXPECT_EQ(store_.value("b"), "1");
  EXPECT_EQ(store_.value("c"), "2");

  const auto kept =
      store_.apply({DeleteRequest{.key = "a"}, DeleteRequest{.key = "b", .etag = "wrong"}});
  ASSERT_EQ(kept->size(), 1U);
  EXPECT_EQ(kept->front().key, "b");
  EXPECT_FALSE(store_.value("a"));
  EXPECT_EQ(store_.get("a").etag, "");
  EXPECT_EQ(store_.value("b"), "1");
}

TEST_P(StateConformance, FirstWriteCreatesOnceOnly) {
  const auto first = [&](std::optional<std::string> etag) {
    return store_.apply_one(SetRequest{.key = "key",
                                       .value = "1",
                                       .etag = std::move(etag),
                                       .concurrency = Concurrency::kFirstWrite});
  };
  EXPECT_TRUE(first({}));
  EXPECT_EQ(first({}).error().code, Code::kAborted);
  EXPECT_EQ(first("").error().code, Code::kAborted);
  const std::string stale = store_.get("key").etag;
  EXPECT_TRUE(first(stale));
  EXPECT_EQ(first(stale).error().code, Code::kAborted);
}

TEST_P(StateConformance, FirstWriteTakesTheKeyOfAnExpiredValue) {
  ASSERT_TRUE(store_.set("key", "1", {{"ttlInSeconds", "5"}}));
  store_.loop().advance(std::chrono::seconds(6));
  EXPECT_TRUE(store_.apply_one(
      SetRequest{.key = "key", .value = "2", .concurrency = Concurrency::kFirstWrite}));
  EXPECT_EQ(store_.value("key"), "2");
}

TEST_P(StateConformance, AValueExpires) {
  ASSERT_TRUE(store_.set("key", "1", {{"TTLInSeconds", "10"}}));
  const Item item = store_.get("key");
  ASSERT_TRUE(item.metadata.contains("ttlExpireTime"));
  EXPECT_EQ(item.metadata.at("ttlExpireTime"),
            to_rfc3339(store_.loop().wall_now() + std::chrono::seconds(10)));
  EXPECT_EQ(store_.get_all({"key", "x"})->front().metadata, item.metadata);
  store_.loop().advance(std::chrono::seconds(9));
  EXPECT_EQ(store_.value("key"), "1");
  store_.loop().advance(std::chrono::seconds(2));
  EXPECT_FALSE(store_.value("key"));
  EXPECT_EQ(store_.get("key").etag, "");
  EXPECT_EQ(
      store_.apply_one(SetRequest{.key = "key", .value = "2", .etag = item.etag}).error().code,
      Code::kAborted);
}

TEST_P(StateConformance, TimesOver32BitsAreKept) {
  ASSERT_TRUE(store_.set("key", "1", {{"ttlInSeconds", "2147483647"}}));
  EXPECT_EQ(store_.value("key"), "1");
  EXPECT_EQ(store_.get("key").metadata.at("ttlExpireTime"),
            to_rfc3339(store_.loop().wall_now() + std::chrono::seconds(2147483647)));
}

TEST_P(StateConformance, WithoutTtlThereIsNoExpiry) {
  ASSERT_TRUE(store_.set("key", "1"));
  EXPECT_TRUE(store_.get("key").metadata.empty());
}

TEST_P(StateConformance, ALaterWriteTakesTheExpiryAway) {
  for (const Metadata& later :
       {Metadata{{"ttlInSeconds", "-1"}}, Metadata{{"ttlInSeconds", "0"}}, Metadata{}}) {
    ASSERT_TRUE(store_.set("key", "1", {{"ttlInSeconds", "5"}}));
    ASSERT_TRUE(store_.set("key", "2", later));
    EXPECT_TRUE(store_.get("key").metadata.empty());
    store_.loop().advance(std::chrono::seconds(6));
    EXPECT_EQ(store_.value("key"), "2");
  }
}

TEST_P(StateConformance, AWrongTtlIsRefused) {
  const auto refused = store_.set("key", "1", {{"ttlInSeconds", "foo"}});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().code, Code::kAborted);
  EXPECT_FALSE(store_.value("key"));
}

TEST_P(StateConformance, ATransactionRunsInOrder) {
  ASSERT_TRUE(store_.set("old", "1"));
  ASSERT_TRUE(
      store_.transact({DeleteRequest{.key = "old"}, SetRequest{.key = "new", .value = "1"},
                       DeleteRequest{.key = "new"}, SetRequest{.key = "new", .value = "2"},
                       SetRequest{.key = "old", .value = "3"},
                       DeleteRequest{.key = "never written"}, DeleteRequest{.key = "old"}}));
  EXPECT_EQ(store_.value("new"), "2");
  EXPECT_FALSE(store_.value("old"));
  EXPECT_TRUE(store_.transact({}));
}

TEST_P(StateConformance, ATransactionIsAllOrNothing) {
  ASSERT_TRUE(store_.set("a", "1"));
  const std::string etag = store_.get("a").etag;
  const auto done = store_.transact(
      {SetRequest{.key = "a", .value = "2"}, SetRequest{.key = "b", .value = "2"},
       DeleteRequest{.key = "a"}, SetRequest{.key = "a", .value = "3", .etag = etag}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::kAborted);
  EXPECT_EQ(store_.value("a"), "1");
  EXPECT_EQ(store_.get("a").etag, etag);
  EXPECT_FALSE(store_.value("b"));
  EXPECT_FALSE(store_.transact(
      {SetRequest{.key = "c", .value = "1"},
       SetRequest{.key = "d", .value = "1", .metadata = {{"ttlInSeconds", "foo"}}}}));
  EXPECT_FALSE(store_.value("c"));
}

TEST_P(StateConformance, ATransactionKeepsTtl) {
  ASSERT_TRUE(store_.transact(
      {SetRequest{.key = "key", .value = "1", .metadata = {{"ttlInSeconds", "5"}}}}));
  EXPECT_TRUE(store_.get("key").metadata.contains("ttlExpireTime"));
  store_.loop().advance(std::chrono::seconds(6));
  EXPECT_FALSE(store_.value("key"));
}

TEST_P(StateConformance, DeleteWithPrefixTakesOneSegment) {
  for (const char* key : {"app||a||1", "app||a||2", "app||a||2||deep", "app||ab||1", "app||b||1",
                          "app||a", "app||a|||"}) {
    ASSERT_TRUE(store_.set(key, "1"));
  }
  ASSERT_TRUE(store_.set("app||a||gone", "1", {{"ttlInSeconds", "1"}}));
  store_.loop().advance(std::chrono::seconds(2));
  EXPECT_EQ(*store_.delete_with_prefix("app||a||"), 3U);
  EXPECT_FALSE(store_.value("app||a||1"));
  EXPECT_FALSE(store_.value("app||a||2"));
  EXPECT_TRUE(store_.value("app||a||2||deep"));
  EXPECT_TRUE(store_.value("app||ab||1"));
  EXPECT_TRUE(store_.value("app||a"));
  EXPECT_EQ(*store_.delete_with_prefix("app||b"), 1U) << "the separator is added";
  EXPECT_EQ(*store_.delete_with_prefix("none"), 0U);
}

TEST_P(StateConformance, DeleteWithPrefixNeedsAPrefix) {
  for (const char* prefix : {"", "||"}) {
    const auto done = store_.delete_with_prefix(prefix);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Code::kInvalidArgument);
    EXPECT_EQ(done.error().message, "prefix is required");
  }
}

TEST_P(StateConformance, KeysLikeUnderstandsThePattern) {
  for (const char* key : {"a1", "a2", "a22", "A1", "b%", "b_", "bx", "b\\"}) {
    ASSERT_TRUE(store_.set(key, "1"));
  }
  const auto keys = [&](const std::string& pattern) {
    auto page = store_.keys_like(pattern);
    EXPECT_TRUE(page);
    EXPECT_EQ(page->continuation_token, "");
    return std::set<std::string>(page->keys.begin(), page->keys.end());
  };
  EXPECT_EQ(keys("%").size(), 8U);
  EXPECT_EQ(keys("a%"), (std::set<std::string>{"a1", "a2", "a22"}));
  EXPECT_EQ(keys("a_"), (std::set<std::string>{"a1", "a2"}));
  EXPECT_EQ(keys("b\\%"), (std::set<std::string>{"b%"}));
  EXPECT_EQ(keys("b\\_"), (std::set<std::string>{"b_"}));
  EXPECT_EQ(keys("b\\\\"), (std::set<std::string>{"b\\"}));
  EXPECT_EQ(keys("%2"), (std::set<std::string>{"a2", "a22"}));
  EXPECT_TRUE(keys("none%").empty());
  EXPECT_EQ(store_.keys_like("").error().code, Code::kInvalidArgument);
  EXPECT_EQ(store_.keys_like("%", 1, "?").error().code, Code::kInvalidArgument);
}

TEST_P(StateConformance, KeysLikeHasNoLimitByDefault) {
  std::vector<Operation> writes;
  for (int i = 0; i < 1025; ++i) {
    writes.emplace_back(SetRequest{.key = "key" + std::to_string(i), .value = "1"});
  }
  ASSERT_TRUE(store_.apply(std::move(writes))->empty());
  const auto page = store_.keys_like("key%");
  EXPECT_EQ(page->keys.size(), 1025U);
  EXPECT_EQ(page->continuation_token, "");
}

TEST_P(StateConformance, PagesSurviveWhatComesAndGoes) {
  for (const char* key : {"k1", "k2", "k3", "k4", "k5", "k6"}) ASSERT_TRUE(store_.set(key, "1"));
  const auto first = store_.keys_like("k%", 2);
  ASSERT_EQ(first->keys.size(), 2U);
  ASSERT_NE(first->continuation_token, "");
  std::set<std::string> seen(first->keys.begin(), first->keys.end());
  ASSERT_TRUE(store_.remove(first->keys.back()));
  ASSERT_TRUE(store_.set("k7", "1"));
  std::string token = first->continuation_token;
  while (!token.empty()) {
    const auto page = store_.keys_like("k%", 2, token);
    ASSERT_TRUE(page);
    for (const auto& key : page->keys) EXPECT_TRUE(seen.insert(key).second) << key << " twice";
    token = page->continuation_token;
  }
  EXPECT_EQ(seen.size(), 7U);
  const auto whole = store_.keys_like("k%", 6);
  EXPECT_EQ(whole->keys.size(), 6U);
  EXPECT_EQ(whole->continuation_token, "") << "the last page has no token";
}

TEST_P(StateConformance, KeysLikeLeavesOutWhatHasExpired) {
  ASSERT_TRUE(store_.set("kept", "1"));
  ASSERT_TRUE(store_.set("gone", "1", {{"ttlInSeconds", "1"}}));
  store_.loop().advance(std::chrono::seconds(2));
  EXPECT_EQ(store_.keys_like("%")->keys, std::vector<std::string>{"kept"});
}

TEST_P(StateConformance, ACancelledCallDoesNotWrite) {
  CancelScope scope;
  scope.cancel();
  std::vector<Operation> write{SetRequest{.key = "key", .value = "1"}};
  const auto done = run(store_.loop(), store_.store().apply(scope.ctx(), write));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::kCancelled);
  EXPECT_FALSE(store_.value("key"));
}

INSTANTIATE_TEST_SUITE_P(All, StateConformance, testing::ValuesIn(all_cases()),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace edge::state
