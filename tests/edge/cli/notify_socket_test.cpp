#include "edge/cli/run/notify_socket.h"

#include <cstring>
#include <filesystem>
#include <sys/socket.h>
#include <sys/un.h>

#include <gtest/gtest.h>

#include "tests/edge/cli/environment.h"
#include "tests/support/temp_dir.h"

namespace edge::cli {
namespace {

void tell(const std::string& path, const std::string& text) {
  const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  ASSERT_EQ(::sendto(socket.get(), text.data(), text.size(), 0,
                     reinterpret_cast<const sockaddr*>(&address), sizeof address),
            static_cast<ssize_t>(text.size()));
}

TEST(NotifySocket, WaitsForReadyAmongWhatIsTold) {
  const test::TempDir directory;
  const Variable runtime("XDG_RUNTIME_DIR", directory.path());
  std::string path;
  {
    const auto socket = NotifySocket::open();
    ASSERT_TRUE(socket) << socket.error().message;
    path = socket->path();
    EXPECT_FALSE(socket->read_ready());
    tell(path, "WATCHDOG=1");
    tell(path, "STATUS=READY=1");
    EXPECT_FALSE(socket->read_ready());
    tell(path, "STATUS=up\nREADY=1");
    EXPECT_TRUE(socket->read_ready());
    EXPECT_FALSE(socket->read_ready());
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(NotifySocket, SaysThatADirectoryIsTooLong) {
  const test::TempDir directory;
  const std::string longest = directory.path() + "/" + std::string(100, 'd');
  std::filesystem::create_directory(longest);
  const Variable runtime("XDG_RUNTIME_DIR", longest);
  const auto socket = NotifySocket::open();
  ASSERT_FALSE(socket);
  EXPECT_NE(socket.error().message.find("set XDG_RUNTIME_DIR to a shorter path"),
            std::string::npos);
}

}  // namespace
}  // namespace edge::cli
