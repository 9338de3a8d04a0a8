// What an idle keep-alive connection costs. The clients live in a process of their own, so that
// only the server's side is counted.

#include <algorithm>
#include <arpa/inet.h>
#include <csignal>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "edge/net/http1/server.h"
#include "tests/edge/net/http1/memory.h"
#include "tests/edge/net/http1/server_fixture.h"

namespace edge::http1 {
namespace {

using test::Kind;

constexpr int kConnections = 1000;
constexpr int kWarmUp = 4;
// An idle connection may hold this much. Without optimization coroutine frames are larger.
#ifdef __OPTIMIZE__
constexpr std::size_t kLimitBytes = 1536;
#else
constexpr std::size_t kLimitBytes = 3072;
#endif

// Opens connections, has one request answered on each, and keeps them until it is killed.
// Runs in the child: nothing but system calls.
[[noreturn]] void hold_connections(std::uint16_t port, int count) {
  constexpr std::string_view kRequest = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (int i = 0; i < count; ++i) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    char answer[1024];
    if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        write(fd, kRequest.data(), kRequest.size()) < 0 || read(fd, answer, sizeof answer) <= 0) {
      _exit(1);
    }
  }
  while (true) pause();
}

class IdleMemoryTest : public test::ServerFixture {
 protected:
  using Self = IdleMemoryTest;

  // `count` connections from another process, idle after one request each.
  pid_t connect_many(int count) {
    const pid_t child = fork();
    if (child == 0) hold_connections(server_->port(), count);
    const int before = paths_.handled;
    run(loop_, test::until(&loop_, [this, before, count] {
          return paths_.handled == before + count && paths_.running == 0;
        }));
    return child;
  }
  void hang_up(pid_t child) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    run(loop_, test::until(&loop_, [this] { return server_->connections() == 0; }));
  }
};

INSTANTIATE_TEST_SUITE_P(Kinds, IdleMemoryTest, testing::Values(Kind::kTcp), test::kind_name);

TEST_P(IdleMemoryTest, OfAConnection) {
  if (test::kSanitized) GTEST_SKIP() << "a sanitizer's memory is not the program's";
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4096);
  setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < kConnections + 100) GTEST_SKIP() << "too few file descriptors";
  start();
  hang_up(connect_many(kWarmUp));

  const std::size_t before = test::resident_bytes();
  const pid_t clients = connect_many(kConnections);
  const std::size_t each = (test::resident_bytes() - before) / kConnections;
  EXPECT_EQ(server_->connections(), static_cast<std::size_t>(kConnections));
  EXPECT_LE(each, kLimitBytes);
  RecordProperty("bytes_per_connection", static_cast<int>(each));
  std::printf("%zu bytes for each idle connection\n", each);
  hang_up(clients);
}

}  // namespace
}  // namespace edge::http1
