#include "edge/loop/multicast.h"

#include <algorithm>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/support/timing.h"

namespace edge {
namespace {

constexpr Ipv4 kGroup{224, 0, 0, 251};
constexpr Ipv4 kLoopback{127, 0, 0, 1};

// qemu-user does not know the option.
bool can_filter_groups() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  const int none = 0;
  const bool can = ::setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &none, sizeof none) == 0;
  ::close(fd);
  return can;
}

class MulticastTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!can_filter_groups())
      GTEST_SKIP() << "this kernel, or qemu-user, cannot filter groups (IP_MULTICAST_ALL)";
  }

  static Interface loopback() {
    const auto all = ipv4_interfaces();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [](const Interface& one) { return one.address == kLoopback; });
    return found == all.end() ? Interface{} : *found;
  }

  std::unique_ptr<MulticastSocket> open() {
    auto socket = MulticastSocket::open(loop_, kGroup, port_);
    EXPECT_TRUE(socket) << socket.error().message;
    return socket ? std::move(*socket) : nullptr;
  }

  // What came next, with its sender; or why nothing did.
  std::string next(MulticastSocket& socket, Duration limit = test::kLimit) {
    auto wait = [](UvLoop* loop, MulticastSocket* waited, Duration time) -> Task<std::string> {
      DeadlineScope scope(*loop, Ctx::background(), time);
      auto came = co_await waited->next(scope.ctx());
      if (!came) co_return std::string(code_name(came.error().code));
      const bool local = came->interface == loopback().index;
      co_return to_text(came->source) + (local ? " " : " elsewhere ") + std::string(came->bytes);
    };
    return run(loop_, wait(&loop_, &socket, limit));
  }

  UvLoop loop_;
  std::uint16_t port_ = static_cast<std::uint16_t>(20000 + SystemRandom().below(10000));
};

TEST_F(MulticastTest, WhatIsSentComesToAllMembersHere) {
  auto first = open();
  auto second = open();
  ASSERT_TRUE(first && second);
  ASSERT_TRUE(first->join(loopback()));
  ASSERT_TRUE(second->join(loopback()));
  ASSERT_TRUE(first->send(loopback(), Hops::kHost, "one"));
  ASSERT_TRUE(first->send(loopback(), Hops::kAny, "two"));
  EXPECT_EQ(next(*second), "127.0.0.1 one");
  EXPECT_EQ(next(*second), "127.0.0.1 two");
  EXPECT_EQ(next(*first), "127.0.0.1 one");
}

TEST_F(MulticastTest, WhoHasLeftHearsNothing) {
  auto first = open();
  auto second = open();
  ASSERT_TRUE(first && second);
  ASSERT_TRUE(second->join(loopback()));
  second->leave(loopback());
  ASSERT_TRUE(first->send(loopback(), Hops::kHost, "one"));
  EXPECT_EQ(next(*second, std::chrono::milliseconds(5)), "DeadlineExceeded");
  ASSERT_TRUE(second->join(loopback()));
  ASSERT_TRUE(first->send(loopback(), Hops::kHost, "two"));
  EXPECT_EQ(next(*second), "127.0.0.1 two");
}

TEST_F(MulticastTest, OthersRunBetweenManyDatagrams) {
  auto socket = open();
  ASSERT_TRUE(socket);
  ASSERT_TRUE(socket->join(loopback()));
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(socket->send(loopback(), Hops::kHost, "x"));
  auto count = [](MulticastSocket* from, const bool* stop, int* counted) -> Task<void> {
    while (!*stop) {
      auto came = co_await from->next(Ctx::background());
      if (came) ++*counted;
    }
  };
  bool stop = false;
  int counted = 0;
  loop_.post([&stop] { stop = true; });
  run(loop_, count(socket.get(), &stop, &counted));
  EXPECT_LE(counted, 17);
}

TEST_F(MulticastTest, AnInterfaceThatIsNotThereIsAnError) {
  auto socket = open();
  ASSERT_TRUE(socket);
  const Interface missing{99999, {192, 0, 2, 1}};
  EXPECT_FALSE(socket->join(missing));
  EXPECT_FALSE(socket->send(missing, Hops::kAny, "x"));
}

TEST(Ipv4, IsReadAndWritten) {
  EXPECT_EQ(parse_ipv4("192.0.2.7"), (Ipv4{192, 0, 2, 7}));
  EXPECT_EQ(to_text(Ipv4{192, 0, 2, 7}), "192.0.2.7");
  EXPECT_FALSE(parse_ipv4("192.0.2"));
  EXPECT_FALSE(parse_ipv4("::1"));
  EXPECT_TRUE(is_loopback({127, 1, 2, 3}));
}

}  // namespace
}  // namespace edge
