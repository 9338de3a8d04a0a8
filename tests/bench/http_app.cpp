#include "tests/bench/http_app.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/http_client.h"

namespace bench {
namespace {

// The size of the request at the front, 0 where it is not whole.
std::size_t whole_request(std::string_view held) {
  const auto end = held.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  const std::size_t size = end + 4 + content_length(held.substr(0, end));
  return held.size() < size ? 0 : size;
}

}  // namespace

HttpApp::HttpApp(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  if (bound && ::listen(fd, 64) == 0) {
    listener_ = fd;
  } else {
    ::close(fd);
  }
}

HttpApp::~HttpApp() {
  if (listener_ >= 0) ::close(listener_);
  for (const Connection& connection : connections_) ::close(connection.fd);
}

bool HttpApp::serve_event(std::string_view mark, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (true) {
    std::vector<pollfd> waits = {{listener_, POLLIN, 0}};
    for (const Connection& connection : connections_) waits.push_back({connection.fd, POLLIN, 0});
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    const bool any =
        left.count() > 0 && ::poll(waits.data(), waits.size(), static_cast<int>(left.count())) > 0;
    if (!any) return false;
    bool came = false;
    for (std::size_t i = 1; i < waits.size(); ++i) {
      if (waits[i].revents != 0 && serve(connections_[i - 1], mark)) came = true;
    }
    std::erase_if(connections_, [](const Connection& connection) { return connection.fd < 0; });
    if (waits[0].revents != 0) accept_one();
    if (came) return true;
  }
}

void HttpApp::accept_one() {
  const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  connections_.push_back({fd, ""});
}

bool HttpApp::serve(Connection& connection, std::string_view mark) {
  std::array<char, 16384> piece{};
  const ssize_t got = ::recv(connection.fd, piece.data(), piece.size(), 0);
  if (got <= 0) {
    ::close(connection.fd);
    connection.fd = -1;
    return false;
  }
  connection.held.append(piece.data(), static_cast<std::size_t>(got));
  bool came = false;
  while (const std::size_t size = whole_request(connection.held)) {
    const std::string_view request = std::string_view(connection.held).substr(0, size);
    const bool is_event = request.starts_with("POST ");
    if (is_event && request.find(mark) != std::string_view::npos) came = true;
    const std::string_view answer = is_event
                                        ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
                                        : "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    ::send(connection.fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    connection.held.erase(0, size);
  }
  return came;
}

}  // namespace bench
