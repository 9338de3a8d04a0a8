#include "tests/bench/http_client.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {
int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

// Every peer that is measured writes one of these two spellings.
std::uint64_t content_length(std::string_view head) {
  for (const std::string_view name : {"\nContent-Length: ", "\ncontent-length: "}) {
    const auto at = head.find(name);
    if (at != std::string_view::npos) return to_number(head.substr(at + name.size()));
  }
  return 0;
}

bool HttpClient::connect(std::uint16_t port) {
  close();
  held_ = 0;
  fd_ = connect_to(port);
  return fd_ >= 0;
}

void HttpClient::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool HttpClient::fill() {
  if (held_ == buffer_.size()) return false;
  const ssize_t got = ::recv(fd_, buffer_.data() + held_, buffer_.size() - held_, 0);
  if (got <= 0) return false;
  held_ += static_cast<std::size_t>(got);
  return true;
}

int HttpClient::exchange(std::string_view request) {
  held_ = 0;
  if (::send(fd_, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return 0;
  }
  auto end = std::string_view::npos;
  while (end == std::string_view::npos) {
    if (!fill()) return 0;
    end = std::string_view(buffer_.data(), held_).find("\r\n\r\n");
  }
  const std::string_view head(buffer_.data(), end);
  const int status = static_cast<int>(to_number(head.substr(std::min<std::size_t>(9, end), 3)));
  const std::uint64_t whole = end + 4 + content_length(head);
  while (held_ < whole) {
    if (!fill()) return 0;
  }
  return status;
}

std::string get_request(std::string_view path) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
}

std::uint64_t to_number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace bench
