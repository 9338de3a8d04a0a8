#include "edge/api/http/state_body.h"

#include <gtest/gtest.h>

#include "edge/blocks/bulk_limit.h"

namespace edge::api {
namespace {

TEST(SaveBody, ReadsItemsAsGoWould) {
  const auto items =
      parse_save("shop",
                 R"([{"KEY":"a","value":{"x": 1},"etag":"7","metadata":{"ttlInSeconds":"5"},
           "options":{"concurrency":"first-write","consistency":"strong"},"other":1},
          {"key":"b","value":"text"},{"key":"c"}])",
                 {});
  ASSERT_TRUE(items) << items.error().message;
  ASSERT_EQ(items->size(), 3u);
  EXPECT_EQ((*items)[0].key, "a");
  EXPECT_EQ((*items)[0].value, R"({"x":1})");
  EXPECT_EQ((*items)[0].etag, "7");
  EXPECT_EQ((*items)[0].concurrency, state::Concurrency::kFirstWrite);
  EXPECT_EQ((*items)[1].value, R"("text")");
  EXPECT_EQ((*items)[2].value, "null");
}

TEST(SaveBody, TheQuerysMetadataWins) {
  const auto items =
      parse_save("shop", R"([{"key":"a","value":1,"metadata":{"ttlInSeconds":"5"}}])",
                 {{"ttlInSeconds", "9"}});
  ASSERT_TRUE(items);
  EXPECT_EQ(items->front().metadata.at("ttlInSeconds"), "9");
}

TEST(SaveBody, SaysWhatIsWrong) {
  const std::pair<const char*, int> cases[] = {
      {"", 400},
      {"{}", 400},
      {"[1]", 400},
      {R"([{"value":1}])", 400},
      {R"([{"key":"","value":1}])", 400},
      {R"([{"key":7}])", 400},
      {R"([{"key":"a","metadata":{"t":1}}])", 400},
      {R"([{"key":"a","options":{"concurrency":"best"}}])", 500},
      {R"([{"key":"a","options":{"consistency":"weak"}}])", 500},
  };
  for (const auto& [body, status] : cases) {
    const auto items = parse_save("shop", body, {});
    ASSERT_FALSE(items) << body;
    EXPECT_EQ(items.error().http, status) << body;
    EXPECT_FALSE(items.error().message.empty());
  }
  EXPECT_EQ(parse_save("shop", R"([{"value":1}])", {}).error().message,
            "\"key\" is a required field");
}

TEST(SaveBody, AnUnknownOptionIsAFailedSave) {
  const auto items = parse_save("shop", R"([{"key":"a","options":{"concurrency":"best"}}])", {});
  ASSERT_FALSE(items);
  EXPECT_EQ(items.error().tag, "ERR_STATE_SAVE");
  EXPECT_EQ(items.error().message,
            "failed saving state in state store shop: unrecognized concurrency model 'best'; "
            "use first-write or last-write");
}

TEST(SaveBody, DepthIsBounded) {
  const std::string deep(100000, '[');
  EXPECT_FALSE(parse_save("shop", deep, {}));
}

// `count` times `one`, in an array.
std::string many(std::size_t count, const std::string& one) {
  std::string text = "[" + one;
  for (std::size_t i = 1; i < count; ++i) text += "," + one;
  return text + "]";
}

TEST(StateBodies, EntriesAreBounded) {
  const std::size_t most = blocks::kMostEntries;
  EXPECT_TRUE(parse_save("shop", many(most, R"({"key":"k"})"), {}));
  EXPECT_TRUE(parse_bulk_get(R"({"keys":)" + many(most, R"("k")") + "}"));
  const auto saved = parse_save("shop", many(most + 1, R"({"key":"k"})"), {});
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().http, 400);
  EXPECT_EQ(saved.error().grpc, Code::kInvalidArgument);
  EXPECT_FALSE(parse_save("shop", many(most + 1, R"({"key":"k","value":{"a":[1]}})"), {}));
  EXPECT_FALSE(parse_bulk_get(R"({"keys":)" + many(most + 1, R"("k")") + "}"));
  EXPECT_FALSE(parse_transaction(
      R"({"operations":)" + many(most + 1, R"({"operation":"delete","request":{"key":"k"}})") + "}",
      {}));
}

TEST(TransactionBody, KeepsTheOrderOfOperations) {
  const auto operations = parse_transaction(
      R"({"operations":[{"operation":"delete","request":{"key":"a","etag":"1"}},
                        {"operation":"upsert","request":{"Key":"b","value":2}}]})",
      {});
  ASSERT_TRUE(operations);
  ASSERT_EQ(operations->size(), 2u);
  EXPECT_EQ(std::get<state::DeleteRequest>((*operations)[0]).key, "a");
  EXPECT_EQ(std::get<state::SetRequest>((*operations)[1]).value, "2");
}

TEST(TransactionBody, NamesAnUnknownOperation) {
  const auto operations = parse_transaction(R"({"operations":[{"operation":"move"}]})", {});
  ASSERT_FALSE(operations);
  EXPECT_EQ(operations.error().tag, "ERR_NOT_SUPPORTED_STATE_OPERATION");
  EXPECT_EQ(operations.error().message, "operation type move not supported");
}

TEST(TransactionBody, RefusesAnotherShape) {
  for (const char* body : {
           "[]",
           R"("x")",
           R"([{"operation":"delete","request":{"key":"a"}}])",
           R"({"operations":{}})",
           R"({"operations":[1]})",
           R"({"operations":[null]})",
           R"({"operations":[{"operation":"upsert","request":[]}]})",
           R"({"operations":[{"operation":"upsert","request":"x"}]})",
           R"({"operations":[{"operation":"delete","request":{"key":"a","options":[]}}]})",
       }) {
    const auto operations = parse_transaction(body, {});
    ASSERT_FALSE(operations) << body;
    EXPECT_EQ(operations.error().http, 400) << body;
    EXPECT_EQ(operations.error().tag, "ERR_MALFORMED_REQUEST") << body;
    EXPECT_TRUE(operations.error().message.starts_with(kDecodePrefix)) << body;
  }
}

TEST(TransactionBody, AnUnknownOptionIsAFailedTransaction) {
  const auto operations = parse_transaction(
      R"({"operations":[{"operation":"delete",
                         "request":{"key":"a","options":{"consistency":"weak"}}}]})",
      {});
  ASSERT_FALSE(operations);
  EXPECT_EQ(operations.error().http, 500);
  EXPECT_EQ(operations.error().tag, "ERR_STATE_TRANSACTION");
  EXPECT_EQ(operations.error().message,
            "error while executing state transaction: unrecognized consistency model 'weak'; "
            "use strong or eventual");
}

TEST(TransactionBody, MayBeWithoutOperations) {
  for (const char* body : {"null", "{}", R"({"operations":null})", R"({"operations":[]})"}) {
    const auto operations = parse_transaction(body, {});
    ASSERT_TRUE(operations) << body;
    EXPECT_TRUE(operations->empty()) << body;
  }
}

TEST(BulkGetBody, RefusesAnotherShape) {
  for (const char* body :
       {"[]", R"("x")", R"({"keys":"a"})", R"({"keys":[1]})", R"({"keys":["a"],"parallelism":"x"})",
        R"({"keys":["a"],"parallelism":1.5})"}) {
    const auto keys = parse_bulk_get(body);
    ASSERT_FALSE(keys) << body;
    EXPECT_EQ(keys.error().http, 400) << body;
    EXPECT_TRUE(keys.error().message.starts_with(kDecodePrefix)) << body;
  }
  const auto keys = parse_bulk_get(R"({"keys":["a","b"],"parallelism":10,"metadata":{}})");
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->size(), 2u);
}

TEST(BulkGetBody, LeavesOutWhatIsAbsent) {
  state::Item found;
  found.key = "a";
  found.value = R"({"x":1})";
  found.etag = "7";
  state::Item missing;
  missing.key = "b";
  EXPECT_EQ(bulk_get_body({found, missing}),
            R"([{"key":"a","data":{"x":1},"etag":"7"},{"key":"b"}])");
  EXPECT_EQ(bulk_get_body({}), "[]");
}

}  // namespace
}  // namespace edge::api
