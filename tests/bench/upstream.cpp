// The app behind every proxy that is measured: answers N bytes for a target that ends in /b/N.
//
//   bench_upstream PORT
//
// One thread on epoll, keep-alive, no TLS, at most 1 MiB; a target without /b/N is a 404, so that a
// proxy that sends something else is seen. Bodies with Content-Length are read and dropped.
#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr std::size_t kMaxAnswer = std::size_t{1} << 20;
constexpr std::size_t kBuffer = std::size_t{64} << 10;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// The value of Content-Length in a header block; 0 where there is none.
std::uint64_t content_length(std::string_view head) {
  constexpr std::string_view kName = "\ncontent-length:";
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
  const auto found = std::search(head.begin(), head.end(), kName.begin(), kName.end(), same);
  if (found == head.end()) return 0;
  std::string_view value(found + kName.size(), head.end());
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return number(value);
}

class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { ::close(fd_); }

  // False when the connection is over.
  bool on_readable() {
    const ssize_t got = ::read(fd_, buffer_.data() + held_, buffer_.size() - held_);
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    held_ += static_cast<std::size_t>(got);
    return serve();
  }

 private:
  bool serve() {
    std::size_t at = 0;
    while (at < held_) {
      if (body_left_ > 0) {
        const auto now = std::min<std::uint64_t>(body_left_, held_ - at);
        body_left_ -= now;
        at += now;
        if (body_left_ > 0) break;
        if (!answer()) return false;
        continue;
      }
      const std::string_view rest(buffer_.data() + at, held_ - at);
      const auto end = rest.find("\r\n\r\n");
      if (end == std::string_view::npos) break;
      begin(rest.substr(0, end));
      at += end + 4;
      if (body_left_ == 0 && !answer()) return false;
    }
    held_ -= at;
    std::memmove(buffer_.data(), buffer_.data() + at, held_);
    return held_ < buffer_.size();
  }

  void begin(std::string_view head) {
    const std::string_view line = head.substr(0, head.find('\r'));
    const std::string_view target = line.substr(0, line.rfind(' '));
    const auto mark = target.rfind("/b/");
    found_ = mark != std::string_view::npos;
    size_ = found_ ? std::min<std::uint64_t>(number(target.substr(mark + 3)), kMaxAnswer) : 0;
    body_left_ = line.starts_with("GET ") ? 0 : content_length(head);
  }

  [[nodiscard]] bool answer() const {
    static const std::string body(kMaxAnswer, 'x');
    std::array<char, 128> head{};
    const int length = std::snprintf(
        head.data(), head.size(),
        "HTTP/1.1 %s\r\nContent-Type: application/octet-stream\r\nContent-Length: %llu\r\n\r\n",
        found_ ? "200 OK" : "404 Not Found", static_cast<unsigned long long>(size_));
    std::array<iovec, 2> parts{iovec{head.data(), static_cast<std::size_t>(length)},
                               iovec{const_cast<char*>(body.data()), size_}};
    std::size_t left = parts[0].iov_len + parts[1].iov_len;
    while (left > 0) {
      const ssize_t sent = ::writev(fd_, parts.data(), 2);
      if (sent < 0 && errno != EAGAIN) return false;
      if (sent < 0) {
        pollfd writable{fd_, POLLOUT, 0};
        ::poll(&writable, 1, 1000);
        continue;
      }
      left -= static_cast<std::size_t>(sent);
      skip(parts, static_cast<std::size_t>(sent));
    }
    return true;
  }

  static void skip(std::array<iovec, 2>& parts, std::size_t sent) {
    for (iovec& part : parts) {
      const std::size_t now = std::min(sent, part.iov_len);
      part.iov_base = static_cast<char*>(part.iov_base) + now;
      part.iov_len -= now;
      sent -= now;
    }
  }

  int fd_;
  std::size_t held_ = 0;
  std::uint64_t body_left_ = 0;
  std::uint64_t size_ = 0;
  bool found_ = false;
  std::array<char, kBuffer> buffer_;
};

int listen_on(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("bind");
  if (::listen(fd, 1024) != 0) fail("listen");
  return fd;
}

void watch(int poller, int fd, void* owner) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = owner;
  if (::epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
}

void accept_one(int poller, int listener) {
  const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  watch(poller, fd, std::make_unique<Connection>(fd).release());
}

// Serves what is ready on the poller, once.
void serve_ready(int poller, int listener) {
  std::array<epoll_event, 128> events{};
  const int count = ::epoll_wait(poller, events.data(), static_cast<int>(events.size()), -1);
  for (int i = 0; i < count; ++i) {
    auto* connection = static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
    if (connection == nullptr) {
      accept_one(poller, listener);
    } else if (!connection->on_readable()) {
      delete connection;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: bench_upstream PORT\n", stderr);
    return 2;
  }
  const int listener = listen_on(static_cast<std::uint16_t>(number(argv[1])));
  const int poller = ::epoll_create1(EPOLL_CLOEXEC);
  watch(poller, listener, nullptr);
  while (true) serve_ready(poller, listener);
}
