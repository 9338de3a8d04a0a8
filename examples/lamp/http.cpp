#include "examples/lamp/http.h"

#include <arpa/inet.h>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <sstream>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace lamp {
namespace {

constexpr std::size_t kLongestMessage = std::size_t{64} * 1024;
constexpr timeval kPatience = {10, 0};

class Socket {
 public:
  explicit Socket(int number) : number_(number) {
    ::setsockopt(number_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    ::setsockopt(number_, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const { return number_; }

  [[nodiscard]] bool send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(number_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // Appends what comes next; false at the end, and where the message becomes too long.
  [[nodiscard]] bool receive(std::string& text) const {
    std::array<char, 4096> bytes;
    const ssize_t count = ::recv(number_, bytes.data(), bytes.size(), 0);
    if (count < 0 && errno == EINTR) return true;
    if (count <= 0 || text.size() > kLongestMessage) return false;
    text.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
  }

 private:
  int number_;
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

// Of a message whose head is at the front of `text`.
std::size_t body_size(std::string_view text) {
  constexpr std::string_view kName = "\r\ncontent-length:";
  std::string head(text);
  for (char& c : head) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const std::size_t at = head.find(kName);
  return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + kName.size(), nullptr, 10);
}

Request read_request(const Socket& peer) {
  std::string text;
  std::size_t end = std::string::npos;
  while ((end = text.find("\r\n\r\n")) == std::string::npos) {
    if (!peer.receive(text)) return {};
  }
  const std::string head = text.substr(0, end);
  while (text.size() < end + 4 + body_size(head) && peer.receive(text)) {
  }
  std::istringstream line(head.substr(0, head.find("\r\n")));
  Request request;
  line >> request.method >> request.path;
  request.path = request.path.substr(0, request.path.find('?'));
  request.body = text.substr(end + 4);
  return request;
}

void answer(const Socket& peer, const Answer& answer) {
  std::ostringstream text;
  text << "HTTP/1.1 " << answer.status << (answer.status == 200 ? " OK" : " Error") << "\r\n"
       << "Content-Type: application/json\r\n"
       << "Content-Length: " << answer.body.size() << "\r\n"
       << "Connection: close\r\n\r\n"
       << answer.body;
  if (peer.send(text.str())) ::shutdown(peer.number(), SHUT_WR);
}

std::string to_text(const Call& call) {
  std::ostringstream text;
  text << call.method << " " << call.path << " HTTP/1.1\r\nHost: localhost\r\n";
  if (!call.token.empty()) text << "dapr-api-token: " << call.token << "\r\n";
  text << "Content-Type: application/json\r\nContent-Length: " << call.body.size()
       << "\r\nConnection: close\r\n\r\n"
       << call.body;
  return text.str();
}

}  // namespace

int serve(std::uint16_t port, const std::function<Answer(const Request&)>& handler) {
  const Socket listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(listener.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback(port);
  const auto* name = reinterpret_cast<const sockaddr*>(&address);
  if (::bind(listener.number(), name, sizeof address) != 0 ||
      ::listen(listener.number(), 64) != 0) {
    std::fprintf(stderr, "lamp: cannot listen on port %u: %s\n", port, std::strerror(errno));
    return 1;
  }
  while (true) {
    const Socket peer(::accept4(listener.number(), nullptr, nullptr, SOCK_CLOEXEC));
    if (peer.number() < 0) continue;
    const Request request = read_request(peer);
    if (!request.path.empty()) answer(peer, handler(request));
  }
}

Answer ask(std::uint16_t port, const Call& call) {
  const Socket server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  const auto* name = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(server.number(), name, sizeof address) != 0) return {};
  if (!server.send(to_text(call))) return {};
  std::string text;
  while (server.receive(text)) {
  }
  const std::size_t end = text.find("\r\n\r\n");
  if (!text.starts_with("HTTP/1.1 ") || end == std::string::npos) return {};
  return {std::atoi(text.c_str() + 9), text.substr(end + 4)};
}

}  // namespace lamp
