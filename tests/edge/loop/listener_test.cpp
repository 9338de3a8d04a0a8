// Connecting and listening: addresses, socket files, and what is said when they do not work.
#include <cerrno>
#include <cstring>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "edge/loop/socket.h"
#include "tests/support/temp_dir.h"

namespace edge {
namespace {

class TcpTest : public testing::Test {
 protected:
  Error connect_error(const Address& to) {
    auto result = run(loop_, connect(loop_, Ctx::background(), to));
    return result ? Error{Code::kUnknown, "connected"} : result.error();
  }
  UvLoop loop_;
};

TEST_F(TcpTest, RefusedNamesTheAddress) {
  std::uint16_t port = 0;
  {
    auto listener = Listener::tcp(loop_, "127.0.0.1", 0);
    ASSERT_TRUE(listener);
    port = (*listener)->port();
  }
  const Error error = connect_error({"127.0.0.1", port, ""});
  EXPECT_EQ(error.code, Code::kUnavailable);
  EXPECT_EQ(error.message,
            "dial tcp 127.0.0.1:" + std::to_string(port) + ": connect: connection refused");
}

TEST_F(TcpTest, ANameIsLookedUp) {
  auto listener = Listener::tcp(loop_, "127.0.0.1", 0);
  ASSERT_TRUE(listener);
  const Address to{"localhost", (*listener)->port(), ""};
  EXPECT_TRUE(run(loop_, connect(loop_, Ctx::background(), to)));
}

TEST_F(TcpTest, ANameUnderACancelledContext) {
  CancelScope scope;
  scope.cancel();
  const auto result = run(loop_, connect(loop_, scope.ctx(), {"localhost", 1, ""}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kCancelled);
}

TEST_F(TcpTest, APortThatIsTaken) {
  auto first = Listener::tcp(loop_, "127.0.0.1", 0);
  ASSERT_TRUE(first);
  const auto second = Listener::tcp(loop_, "127.0.0.1", (*first)->port());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kUnavailable);
  EXPECT_EQ(second.error().message,
            "listen 127.0.0.1:" + std::to_string((*first)->port()) + ": address already in use");
}

TEST_F(TcpTest, AListenAddressThatIsNone) {
  const auto listener = Listener::tcp(loop_, "not an address", 0);
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error().code, Code::kInvalidArgument);
}

TEST_F(TcpTest, AllInterfacesTakeIpv4) {
  auto listener = Listener::tcp(loop_, "", 0);
  ASSERT_TRUE(listener);
  const Address to{"127.0.0.1", (*listener)->port(), ""};
  EXPECT_TRUE(run(loop_, connect(loop_, Ctx::background(), to)));
}

TEST_F(TcpTest, AddressText) {
  EXPECT_EQ((Address{"127.0.0.1", 3500, ""}).text(), "127.0.0.1:3500");
  EXPECT_EQ((Address{"::1", 80, ""}).text(), "[::1]:80");
  EXPECT_EQ((Address{"", 0, "/run/app.sock"}).text(), "/run/app.sock");
}

class UnixTest : public testing::Test {
 protected:
  [[nodiscard]] static bool is_socket(const std::string& path) {
    struct stat info{};
    return ::lstat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode);
  }
  // A socket file whose owner has gone.
  static void leave_stale(const std::string& path) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size());
    ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::close(fd);
  }
  Result<std::unique_ptr<Socket>> dial(const std::string& path) {
    return run(loop_, connect(loop_, Ctx::background(), Address{"", 0, path}));
  }

  test::TempDir dir_;
  UvLoop loop_;
};

TEST_F(UnixTest, TheFileIsRemovedWithTheListener) {
  const std::string path = dir_.file("a.sock");
  {
    auto listener = Listener::unix(loop_, path);
    ASSERT_TRUE(listener);
    EXPECT_TRUE(is_socket(path));
  }
  EXPECT_FALSE(is_socket(path));
  const auto missing = dial(path);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::kUnavailable);
  EXPECT_EQ(missing.error().message, "dial unix " + path + ": connect: no such file or directory");
}

TEST_F(UnixTest, AStaleFileIsReplaced) {
  const std::string path = dir_.file("a.sock");
  leave_stale(path);
  ASSERT_TRUE(is_socket(path));
  const auto refused = dial(path);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "dial unix " + path + ": connect: connection refused");
  auto listener = Listener::unix(loop_, path);
  ASSERT_TRUE(listener) << listener.error().message;
  EXPECT_TRUE(dial(path));
}

TEST_F(UnixTest, ALiveSocketIsNotTaken) {
  const std::string path = dir_.file("a.sock");
  auto first = Listener::unix(loop_, path);
  ASSERT_TRUE(first);
  const auto second = Listener::unix(loop_, path);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kUnavailable);
  EXPECT_TRUE(is_socket(path));
  EXPECT_TRUE(dial(path));
}

TEST_F(UnixTest, ALiveSocketWithAFullBacklogIsNotTaken) {
  const std::string path = dir_.file("a.sock");
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(fd, 0), 0);
  std::vector<int> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.push_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    // Refused once the queue is full, which is what the test needs.
    const int connected =
        ::connect(waiting.back(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    EXPECT_TRUE(connected == 0 || errno == EAGAIN);
  }
  const auto taken = Listener::unix(loop_, path);
  EXPECT_FALSE(taken);
  EXPECT_TRUE(is_socket(path));
  for (const int client : waiting) ::close(client);
  ::close(fd);
}

TEST_F(UnixTest, AFileThatIsNoSocketIsLeftAlone) {
  const std::string path = dir_.write("a.sock", "precious");
  const auto listener = Listener::unix(loop_, path);
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error().code, Code::kInvalidArgument);
  EXPECT_EQ(test::read_file(path), "precious");
}

TEST_F(UnixTest, APathThatIsTooLong) {
  const std::string longest = dir_.path() + "/" + std::string(107 - dir_.path().size() - 1, 'p');
  {
    auto listener = Listener::unix(loop_, longest);
    ASSERT_TRUE(listener) << listener.error().message;
    EXPECT_TRUE(dial(longest));
  }
  const auto listener = Listener::unix(loop_, longest + "p");
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error().code, Code::kInvalidArgument);
  const auto client = dial(longest + "p");
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, Code::kInvalidArgument);
}

Task<void> check_credentials(UvLoop* loop, Listener* listener, std::string path) {
  auto client = co_await connect(*loop, Ctx::background(), Address{"", 0, path});
  auto server = co_await listener->accept(Ctx::background());
  const auto peer = (*server)->peer_credentials();
  EXPECT_TRUE(peer);
  if (!peer) co_return;
  EXPECT_EQ(peer->uid, ::geteuid());
  EXPECT_EQ(peer->gid, ::getegid());
  EXPECT_EQ(peer->pid, ::getpid());
  EXPECT_EQ((*server)->peer_host(), "");
}

TEST_F(UnixTest, PeerCredentialsAreThoseOfTheProcess) {
  auto listener = Listener::unix(loop_, dir_.file("a.sock"));
  ASSERT_TRUE(listener);
  run(loop_, check_credentials(&loop_, listener->get(), dir_.file("a.sock")));
}

}  // namespace
}  // namespace edge
