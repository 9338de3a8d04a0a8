#include "edge/net/etcd/client.h"

#include <gtest/gtest.h>

#include "tests/edge/net/etcd/etcd.h"
#include "tests/edge/net/etcd/gateway.h"
#include "tests/support/free_port.h"

namespace edge::etcd {
namespace {

using test::Gateway;

const std::string kHeader = R"("header":{"cluster_id":"1","revision":"5","raft_term":"2"})";
const std::string kCreated = R"({"result":{)" + kHeader + R"(,"created":true}})" + "\n";

Result<RangeAnswer> range(UvLoop& loop, Client& client, RangeRequest request = {{"a", "b"}}) {
  return run(loop, client.range(Ctx::background(), std::move(request)));
}

// The messages of a watch up to its end, and the end.
struct Watched {
  std::vector<WatchMessage> messages;
  Error end;
};

Task<Watched> watch_to_end(Client* client, std::size_t most_events = 1) {
  Watched watched;
  std::size_t events = 0;
  auto watch = co_await client->watch(Ctx::background(), {"a", "b"}, 1);
  if (!watch) {
    watched.end = watch.error();
    co_return watched;
  }
  while (events < most_events) {
    auto message = co_await (*watch)->next(Ctx::background());
    if (!message) {
      watched.end = message.error();
      break;
    }
    events += message->events.size();
    watched.messages.push_back(std::move(*message));
  }
  co_await (*watch)->close();
  co_return watched;
}

class EtcdClient : public testing::Test {
 protected:
  Gateway& gateway(Gateway::Answer answer) {
    gateway_ = std::make_unique<Gateway>(loop_, std::move(answer));
    return *gateway_;
  }
  Client& client(ClientOptions options = {}) {
    if (options.servers.empty()) options.servers = {gateway_->address()};
    client_ = std::make_unique<Client>(loop_, std::move(options));
    return *client_;
  }

  UvLoop loop_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<Client> client_;
};

TEST_F(EtcdClient, ReadsAndWatchesARealEtcd) {
  const test::Etcd etcd;
  etcd.write({{"a1", "x"}, {"a2", "y"}, {"b", "z"}});
  Client& real = client({.servers = {{"127.0.0.1", etcd.port(), ""}}});
  const auto first = range(loop_, real, {.range = {"a", "b"}, .limit = 1});
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_EQ(first->kvs.size(), 1U);
  EXPECT_EQ(first->kvs[0].value, "x");
  EXPECT_TRUE(first->more);
  EXPECT_EQ(first->count, 2U);
  const auto future = range(loop_, real, {.range = {"a", "b"}, .revision = 1000});
  EXPECT_EQ(future.error().code, Code::kOutOfRange) << future.error().message;

  etcd.write({{"a1", std::nullopt}, {"a3", "w"}});
  const Watched watched = run(loop_, watch_to_end(&real, 4));
  ASSERT_FALSE(watched.messages.empty()) << watched.end.message;
  const auto& last = watched.messages.back().events;
  EXPECT_EQ(last.back().kv.key, "a3");
  EXPECT_TRUE(last[last.size() - 2].deleted);
}

TEST_F(EtcdClient, AnEtcdWithoutUsersLetsEverybodyIn) {
  const test::Etcd etcd;
  Client& real =
      client({.servers = {{"127.0.0.1", etcd.port(), ""}}, .username = "hub", .password = "x"});
  const auto answer = range(loop_, real);
  EXPECT_TRUE(answer) << answer.error().message;
}

TEST_F(EtcdClient, AsksTheNextServer) {
  gateway([](const auto&, const auto&) { return Gateway::ok("{" + kHeader + "}"); });
  Client& two = client({.servers = {{"127.0.0.1", test::free_port(), ""}, gateway_->address()}});
  EXPECT_TRUE(range(loop_, two));
  EXPECT_EQ(two.server(), gateway_->address().text());
}

TEST_F(EtcdClient, SaysWhereNobodyAnswers) {
  const Address nobody{"127.0.0.1", test::free_port(), ""};
  const auto answer = range(loop_, client({.servers = {nobody}}));
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
  EXPECT_TRUE(answer.error().message.starts_with("etcd at " + nobody.text()));
}

TEST_F(EtcdClient, LogsInAgainWhenATokenHasEnded) {
  int logins = 0;
  int ranges = 0;
  gateway([&](const std::string& path, const std::string&) {
    if (path == "/v3/auth/authenticate") {
      return Gateway::ok(R"({"token":"t)" + std::to_string(++logins) + R"("})");
    }
    if (++ranges == 2) {
      return Gateway::status("401 Unauthorized", R"({"message":"invalid auth token","code":16})");
    }
    return Gateway::ok("{" + kHeader + "}");
  });
  Client& guarded = client({.servers = {}, .username = "hub", .password = "x"});
  EXPECT_TRUE(range(loop_, guarded));
  EXPECT_EQ(logins, 1);
  EXPECT_TRUE(range(loop_, guarded));
  EXPECT_EQ(logins, 2);
}

TEST_F(EtcdClient, DoesNotLogInForEver) {
  gateway([](const std::string& path, const std::string&) {
    if (path == "/v3/auth/authenticate") return Gateway::ok(R"({"token":"t"})");
    return Gateway::status("401 Unauthorized", R"({"message":"invalid auth token","code":16})");
  });
  Client& guarded = client({.servers = {}, .username = "hub", .password = "x"});
  EXPECT_EQ(range(loop_, guarded).error().code, Code::kUnauthenticated);
  EXPECT_EQ(gateway_->asked().size(), 4U);
  EXPECT_EQ(run(loop_, watch_to_end(&guarded)).end.code, Code::kUnauthenticated);
}

TEST_F(EtcdClient, TakesNothingThatIsNoAnswer) {
  std::string answer;
  gateway([&](const auto&, const auto&) { return answer; });
  Client& asking = client();
  for (const char* text : {"", "garbage", "HTTP/1.1 200 OK\r\n\r\n"}) {
    answer = text;
    EXPECT_FALSE(range(loop_, asking)) << text;
    EXPECT_NE(run(loop_, watch_to_end(&asking)).end.message, "") << text;
  }
  for (const char* body : {"", "{", "[]", R"({"header":{},"kvs":[{"key":"%"}]})", "\xFF"}) {
    answer = Gateway::ok(body);
    EXPECT_EQ(range(loop_, asking).error().code, Code::kInvalidArgument) << body;
  }
}

TEST_F(EtcdClient, AnAnswerIsBounded) {
  gateway([](const auto&, const auto&) { return Gateway::ok(std::string(2000, ' ')); });
  const auto answer =
      range(loop_, client({.servers = {gateway_->address()}, .most_answer_bytes = 1000}));
  EXPECT_EQ(answer.error().code, Code::kResourceExhausted);
}

TEST_F(EtcdClient, AWatchEndsWithWhatIsNoMessage) {
  std::string lines;
  gateway([&](const auto&, const auto&) { return Gateway::stream(lines); });
  Client& asking = client();
  lines = kCreated + kCreated + "{\"result\":7}\n";
  const Watched watched = run(loop_, watch_to_end(&asking));
  EXPECT_EQ(watched.messages.size(), 1U);
  EXPECT_EQ(watched.end.code, Code::kInvalidArgument);
  lines = kCreated + "{\"result\":{\"hea";
  EXPECT_EQ(run(loop_, watch_to_end(&asking)).end.code, Code::kUnavailable) << "cut off";
  lines = R"({"result":{)" + kHeader + "}}\n";
  EXPECT_EQ(run(loop_, watch_to_end(&asking)).end.code, Code::kInvalidArgument);
}

TEST_F(EtcdClient, AMessageIsBounded) {
  gateway(
      [](const auto&, const auto&) { return Gateway::stream(kCreated + std::string(5000, 'x')); });
  Client& asking = client({.servers = {gateway_->address()}, .most_message_bytes = 1000});
  EXPECT_EQ(run(loop_, watch_to_end(&asking)).end.code, Code::kResourceExhausted);
}

TEST_F(EtcdClient, AServerThatSaysNothingIsNotWaitedForForEver) {
  auto listener = Listener::tcp(loop_, "127.0.0.1", 0);
  ASSERT_TRUE(listener);
  Client& asking = client({.servers = {{"127.0.0.1", (*listener)->port(), ""}},
                           .call_limit = std::chrono::milliseconds(50)});
  EXPECT_EQ(range(loop_, asking).error().code, Code::kUnavailable);
  const Error end = run(loop_, watch_to_end(&asking)).end;
  EXPECT_EQ(end.code, Code::kUnavailable);
  EXPECT_TRUE(end.message.ends_with("no answer in time")) << end.message;
}

}  // namespace
}  // namespace edge::etcd
