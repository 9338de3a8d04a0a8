#include "edge/net/etcd/messages.h"

#include <gtest/gtest.h>

#include "edge/base/strings.h"

namespace edge::etcd {
namespace {

const std::string kHeader =
    R"("header":{"cluster_id":"14841639068965178418","member_id":"1","revision":"5","raft_term":"2"})";

std::string pair(const std::string& key, const std::string& value) {
  return R"({"key":")" + base64_encode(key) + R"(","create_revision":"2","mod_revision":"4",)" +
         R"("version":"1","value":")" + base64_encode(value) + R"("})";
}

Error range_error(const std::string& text) {
  const auto parsed = parse_range(text);
  return parsed ? Error{Code::kUnknown, "it was taken"} : parsed.error();
}

Error watch_error(const std::string& text) {
  const auto parsed = parse_watch(text);
  return parsed ? Error{Code::kUnknown, "it was taken"} : parsed.error();
}

TEST(EtcdMessages, ARangeIsWhatAPrefixMeans) {
  EXPECT_EQ(keys_under("cfg/").begin, "cfg/");
  EXPECT_EQ(keys_under("cfg/").end, "cfg0");
  EXPECT_EQ(keys_under("a\xFF\xFF").end, "b");
  for (const char* all : {"", "\xFF"}) {
    EXPECT_EQ(keys_under(all).begin, std::string(1, '\0'));
    EXPECT_EQ(keys_under(all).end, std::string(1, '\0'));
  }
}

TEST(EtcdMessages, RequestsSayWhatIsWantedAndNothingElse) {
  EXPECT_EQ(range_text({.range = {"a", "b"}}), R"({"key":"YQ==","range_end":"Yg=="})");
  EXPECT_EQ(range_text({.range = {"a", "b"},
                        .limit = 10,
                        .revision = 18'000'000'000'000'000'000U,
                        .min_mod_revision = 3,
                        .wanted = Wanted::kKeysOnly}),
            R"({"key":"YQ==","keys_only":true,"limit":"10","min_mod_revision":"3",)"
            R"("range_end":"Yg==","revision":"18000000000000000000"})");
  EXPECT_EQ(watch_text({"a", "b"}, 7),
            R"({"create_request":{"key":"YQ==","progress_notify":true,"range_end":"Yg==",)"
            R"("start_revision":"7"}})");
  EXPECT_EQ(login_text("hub", "a\"b"), R"({"name":"hub","password":"a\"b"})");
}

TEST(EtcdMessages, ARangeIsRead) {
  const auto answer = parse_range("{" + kHeader + R"(,"kvs":[)" + pair("k1", "v1") + "," +
                                  pair("k2", "") + R"(],"more":true,"count":"9"})");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->header.cluster_id, "14841639068965178418");
  EXPECT_EQ(answer->header.revision, 5U);
  EXPECT_EQ(answer->header.raft_term, 2U);
  ASSERT_EQ(answer->kvs.size(), 2U);
  EXPECT_EQ(answer->kvs[0].key, "k1");
  EXPECT_EQ(answer->kvs[0].value, "v1");
  EXPECT_EQ(answer->kvs[0].mod_revision, 4U);
  EXPECT_EQ(answer->kvs[1].value, "");
  EXPECT_TRUE(answer->more);
  EXPECT_EQ(answer->count, 9U);
}

TEST(EtcdMessages, WhatIsLeftOutIsZero) {
  const auto answer = parse_range("{" + kHeader + "}");
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->kvs.empty());
  EXPECT_FALSE(answer->more);
  EXPECT_EQ(answer->count, 0U);
}

TEST(EtcdMessages, WhatIsNoRangeIsRefusedWithAReason) {
  for (const char* text :
       {"", "{", "[]", "null", "7", "{}", R"({"header":7})", R"({"header":{"revision":"x"}})",
        R"({"header":{"revision":-1}})", R"({"header":{"revision":"99999999999999999999"}})",
        R"({"header":{},"kvs":7})", R"({"header":{},"kvs":[7]})", R"({"header":{},"kvs":[[]]})",
        R"({"header":{},"kvs":[{"key":7}]})", R"({"header":{},"kvs":[{"key":"no base64"}]})",
        R"({"header":{},"kvs":[{"key":"YQ==","value":"%"}]})", R"({"header":{},"more":"yes"})",
        "\xFF\xFE", "[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]"}) {
    const Error error = range_error(text);
    EXPECT_EQ(error.code, Code::kInvalidArgument) << text;
    EXPECT_NE(error.message, "") << text;
  }
}

TEST(EtcdMessages, AWatchIsRead) {
  const auto created = parse_watch(R"({"result":{)" + kHeader + R"(,"created":true}})");
  ASSERT_TRUE(created);
  EXPECT_TRUE(created->created);
  EXPECT_TRUE(created->events.empty());
  const auto events =
      parse_watch(R"({"result":{)" + kHeader + R"(,"events":[{"kv":)" + pair("k", "v") +
                  R"(},{"type":"DELETE","kv":{"key":"YQ==",)" + R"("mod_revision":"5"}}]}})");
  ASSERT_TRUE(events) << events.error().message;
  ASSERT_EQ(events->events.size(), 2U);
  EXPECT_FALSE(events->events[0].deleted);
  EXPECT_EQ(events->events[0].kv.value, "v");
  EXPECT_TRUE(events->events[1].deleted);
  EXPECT_EQ(events->events[1].kv.key, "a");
  EXPECT_EQ(events->events[1].kv.mod_revision, 5U);
}

TEST(EtcdMessages, TheEndOfAWatchSaysWhatToDo) {
  const auto canceled = [](const std::string& more) {
    return watch_error(R"({"result":{)" + kHeader + R"(,"canceled":true)" + more + "}}");
  };
  EXPECT_EQ(canceled(R"(,"compact_revision":"5")").code, Code::kOutOfRange);
  EXPECT_EQ(
      canceled(R"(,"created":true,"cancel_reason":"rpc error: code = PermissionDenied desc = )"
               R"(etcdserver: permission denied")")
          .code,
      Code::kPermissionDenied);
  EXPECT_EQ(canceled(R"(,"cancel_reason":"rpc error: code = Unauthenticated desc = x")").code,
            Code::kUnauthenticated);
  EXPECT_EQ(canceled("").code, Code::kUnavailable);
  const Error closing =
      watch_error(R"({"error":{"grpc_code":14,"http_code":503,"message":"transport is closing"}})");
  EXPECT_EQ(closing.code, Code::kUnavailable);
  EXPECT_EQ(closing.message, "transport is closing");
}

TEST(EtcdMessages, WhatIsNoWatchIsRefusedWithAReason) {
  for (const char* text :
       {"", "{}", R"({"result":7})", R"({"result":{}})", R"({"result":{"header":{},"events":{}}})",
        R"({"result":{"header":{},"events":[{}]}})",
        R"({"result":{"header":{},"events":[{"kv":{"key":7}}]}})",
        R"({"result":{"header":{},"events":[{"type":7,"kv":{}}]}})"}) {
    EXPECT_EQ(watch_error(text).code, Code::kInvalidArgument) << text;
  }
  EXPECT_EQ(watch_error(R"({"error":7})").code, Code::kUnavailable);
}

TEST(EtcdMessages, RefusalsSayWhatToDo) {
  const auto code = [](const std::string& message, int number) {
    return parse_error(400, R"({"error":")" + message + R"(","message":")" + message +
                                R"(","code":)" + std::to_string(number) + "}")
        .code;
  };
  EXPECT_EQ(code("etcdserver: user name is empty", 3), Code::kUnauthenticated);
  EXPECT_EQ(code("etcdserver: invalid auth token", 16), Code::kUnauthenticated);
  EXPECT_EQ(code("etcdserver: authentication failed, invalid user ID or password", 3),
            Code::kUnauthenticated);
  EXPECT_EQ(code("etcdserver: permission denied", 7), Code::kPermissionDenied);
  EXPECT_EQ(code("etcdserver: mvcc: required revision has been compacted", 11), Code::kOutOfRange);
  EXPECT_EQ(code("etcdserver: authentication is not enabled", 9), Code::kFailedPrecondition);
  EXPECT_EQ(code("something", 2), Code::kUnavailable);
  EXPECT_EQ(code("something", 99), Code::kUnavailable);
  EXPECT_EQ(parse_error(404, "404 page not found\n").message,
            "status 404: is there an etcd with its gRPC gateway?");
  EXPECT_EQ(parse_error(500, "7").code, Code::kUnavailable);
  EXPECT_EQ(parse_error(500, "{}").message, "status 500");
}

TEST(EtcdMessages, ATokenIsOneWord) {
  EXPECT_EQ(*parse_token("{" + kHeader + R"(,"token":"McFc.19"})"), "McFc.19");
  for (const char* text : {"", "{}", R"({"token":""})", R"({"token":7})", R"({"token":"a b"})",
                           R"({"token":"a\r\nX: y"})"}) {
    EXPECT_FALSE(parse_token(text)) << text;
  }
}

}  // namespace
}  // namespace edge::etcd
