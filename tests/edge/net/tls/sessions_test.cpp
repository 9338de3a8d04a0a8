#include "edge/net/tls/sessions.h"

#include <gtest/gtest.h>

#include "tests/edge/net/tls/fixture.h"

namespace edge::tls {
namespace {

const TimePoint kNow{std::chrono::hours(5)};

TEST(SessionCacheTest, GivesTheLatestOfAServer) {
  SessionCache cache;
  EXPECT_EQ(cache.find("a:1", kNow), nullptr);
  const auto first = std::make_shared<Session>();
  const auto second = std::make_shared<Session>();
  cache.store("a:1", first, kNow);
  cache.store("a:1", second, kNow);
  EXPECT_EQ(cache.find("a:1", kNow), second);
  EXPECT_EQ(cache.find("a:2", kNow), nullptr);
  cache.forget("a:1");
  EXPECT_EQ(cache.find("a:1", kNow), nullptr);
}

TEST(SessionCacheTest, ForgetsTheOldestWhenThereAreTooMany) {
  SessionCache cache;
  for (std::size_t i = 0; i <= SessionCache::kMaxServers; ++i) {
    cache.store(std::to_string(i), std::make_shared<Session>(), kNow);
  }
  EXPECT_EQ(cache.size(), SessionCache::kMaxServers);
  EXPECT_EQ(cache.find("0", kNow), nullptr);
  EXPECT_NE(cache.find("1", kNow), nullptr);
}

TEST(SessionCacheTest, GivesNoneThatIsTooOld) {
  SessionCache cache;
  cache.store("a", std::make_shared<Session>(), kNow);
  EXPECT_NE(cache.find("a", kNow + SessionCache::kMaxAge - Duration(1)), nullptr);
  EXPECT_EQ(cache.find("a", kNow + SessionCache::kMaxAge), nullptr);
  EXPECT_EQ(cache.size(), 0U);
}

using ResumptionTest = test::TlsTest;

TEST_F(ResumptionTest, TheSecondConnectionToAServerResumes) {
  const auto server = server_context({});
  const auto client = client_context({});
  const auto first = connect_pair(server, client, named("localhost"));
  ASSERT_TRUE(first.client) << first.client.error().message;
  EXPECT_FALSE((*first.client)->resumed());
  for (int i = 0; i < 3; ++i) {
    const auto again = connect_pair(server, client, named("localhost"));
    ASSERT_TRUE(again.client) << again.client.error().message;
    EXPECT_TRUE((*again.client)->resumed());
    EXPECT_TRUE((*again.server)->resumed());
  }
}

TEST_F(ResumptionTest, AnotherNameAndAnotherContextDoNotResume) {
  const auto server = server_context({});
  const auto client = client_context({});
  ASSERT_TRUE(connect_pair(server, client, named("localhost")).client);
  const auto other_name = connect_pair(server, client, named("a.edge.test"));
  ASSERT_TRUE(other_name.client);
  EXPECT_FALSE((*other_name.client)->resumed());
  const auto other_context = connect_pair(server, client_context({}), named("localhost"));
  ASSERT_TRUE(other_context.client);
  EXPECT_FALSE((*other_context.client)->resumed());
}

TEST_F(ResumptionTest, AServerThatForgotMakesAFullHandshake) {
  const auto client = client_context({});
  ASSERT_TRUE(connect_pair(server_context({}), client, named("localhost")).client);
  const auto again = connect_pair(server_context({}), client, named("localhost"));
  ASSERT_TRUE(again.client) << again.client.error().message;
  EXPECT_FALSE((*again.client)->resumed());
}

}  // namespace
}  // namespace edge::tls
