#include "sync/core/link.h"

#include <set>

#include <gtest/gtest.h>

#include "tests/sync/core/fixture.h"

namespace edge::sync {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using test::all;
using test::at;

// Lets time pass until the link wants to connect; gives when.
std::int64_t next_connect(Link& link, std::int64_t from, Connection* connection) {
  for (std::int64_t ms = from;; ms += 10) {
    Actions actions;
    link.advance(at(ms), std::nullopt, actions);
    const auto connects = all<Connect>(actions);
    if (connects.empty()) continue;
    *connection = connects.front().connection;
    return ms;
  }
}

TEST(Link, WaitsWithFullJitterUpToALimitThatDoubles) {
  SeededRandom random(3);
  LinkOptions options{.backoff_base = seconds(1), .backoff_cap = seconds(8)};
  Link link(options, random);
  link.start(at(0));
  Connection connection = 0;
  std::int64_t now = next_connect(link, 0, &connection);
  std::int64_t limit = 1000;
  std::set<std::int64_t> waits;
  for (int attempt = 0; attempt < 30; ++attempt) {
    EXPECT_TRUE(link.lost(at(now), {connection}));
    const std::int64_t next = next_connect(link, now, &connection);
    EXPECT_LE(next - now, limit + 10);
    waits.insert(next - now);
    limit = std::min<std::int64_t>(limit * 2, 8000);
    now = next;
  }
  EXPECT_GT(waits.size(), 15U);
  EXPECT_LT(*waits.begin(), 1000);
  EXPECT_GT(*waits.rbegin(), 6000);
}

TEST(Link, GivesUpAPeerThatSaysNothing) {
  SeededRandom random(1);
  Link link({}, random);
  link.start(at(0));
  Connection connection = 0;
  const std::int64_t now = next_connect(link, 0, &connection);
  Actions actions;
  EXPECT_FALSE(link.advance(at(now + 19'999), std::nullopt, actions));
  EXPECT_TRUE(link.advance(at(now + 20'000), std::nullopt, actions));
  ASSERT_EQ(all<Disconnect>(actions).size(), 1U);
  EXPECT_EQ(all<Disconnect>(actions)[0].reason, "the broker did not take the connection in 20s");
  // Whatever that connection says now is too late.
  EXPECT_FALSE(link.connected(at(now + 20'001), {connection, 16}));
}

TEST(Link, GivesUpAPeerThatOwesAnAcknowledgement) {
  SeededRandom random(1);
  Link link({}, random);
  link.start(at(0));
  Connection connection = 0;
  const std::int64_t now = next_connect(link, 0, &connection);
  EXPECT_TRUE(link.connected(at(now), {connection, 16}));
  EXPECT_TRUE(link.subscribed(at(now), {connection}));
  Actions actions;
  EXPECT_FALSE(link.advance(at(now + 25'000), HubTime(now), actions));
  EXPECT_TRUE(link.is_up());
  EXPECT_TRUE(link.advance(at(now + 30'000), HubTime(now), actions));
  EXPECT_FALSE(link.is_up());
}

TEST(Link, TellsItsPresenceAgainAndAgain) {
  SeededRandom random(1);
  Link link({}, random);
  link.start(at(0));
  Connection connection = 0;
  const std::int64_t now = next_connect(link, 0, &connection);
  link.connected(at(now), {connection, 16});
  EXPECT_FALSE(link.take_presence(at(now)));
  link.subscribed(at(now), {connection});
  EXPECT_TRUE(link.take_presence(at(now)));
  EXPECT_FALSE(link.take_presence(at(now + 239'000)));
  EXPECT_TRUE(link.take_presence(at(now + 361'000)));
}

}  // namespace
}  // namespace edge::sync
