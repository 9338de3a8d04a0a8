#include "tests/edge/net/etcd/etcd.h"

#include <arpa/inet.h>
#include <csignal>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/base/strings.h"

namespace edge::test {
namespace {

// What a server on this machine answers until it closes the connection.
std::string talk(std::uint16_t port, const std::string& request) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  const bool sent = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                    ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) == std::ssize(request);
  char buffer[4096];
  ssize_t size = sent ? 1 : -1;
  while (size > 0) {
    size = ::recv(fd, buffer, sizeof buffer, 0);
    if (size > 0) answer.append(buffer, static_cast<std::size_t>(size));
  }
  ::close(fd);
  if (answer.empty()) throw std::runtime_error("no answer from etcd");
  return answer;
}

std::string operation(const std::string& key, const std::optional<std::string>& value) {
  const std::string coded = R"("key":")" + base64_encode(key) + R"(")";
  if (!value) return R"({"request_delete_range":{)" + coded + "}}";
  return R"({"request_put":{)" + coded + R"(,"value":")" + base64_encode(*value) + R"("}})";
}

}  // namespace

Etcd::Etcd(std::vector<std::string> flags)
    : flags_(std::move(flags)), port_(free_port()), peer_port_(free_port()) {
  start();
}

void Etcd::start() {
  const std::string client = "http://127.0.0.1:" + std::to_string(port_);
  const std::string peer = "http://127.0.0.1:" + std::to_string(peer_port_);
  std::vector<std::string> arguments = {"etcd",
                                        "--name",
                                        "one",
                                        "--data-dir",
                                        dir_.file("data"),
                                        "--listen-client-urls",
                                        client,
                                        "--advertise-client-urls",
                                        client,
                                        "--listen-peer-urls",
                                        peer,
                                        "--initial-advertise-peer-urls",
                                        peer,
                                        "--initial-cluster",
                                        "one=" + peer,
                                        "--heartbeat-interval",
                                        "20",
                                        "--election-timeout",
                                        "200"};
  arguments.insert(arguments.end(), flags_.begin(), flags_.end());
  process_ = std::make_unique<Process>(arguments);
  process_->wait_for("ready to serve client requests");
  process_->wait_for("serving insecure client requests on");
}

void Etcd::stop() {
  process_->signal(SIGTERM);
  process_->wait();
  process_.reset();
}

std::string Etcd::call(const std::string& path, const std::string& json) const {
  return talk(port_, "POST " + path + " HTTP/1.1\r\nHost: etcd\r\nConnection: close\r\n" +
                         "Content-Length: " + std::to_string(json.size()) + "\r\n\r\n" + json);
}

void Etcd::write(const Items& items) const {
  std::string operations;
  for (const auto& [key, value] : items) {
    operations += (operations.empty() ? "" : ",") + operation(key, value);
  }
  const std::string answer = call("/v3/kv/txn", R"({"success":[)" + operations + "]}");
  if (!answer.contains("200 OK")) throw std::runtime_error(answer);
}

void Etcd::clear() const {
  call("/v3/kv/deleterange", R"({"key":"AA==","range_end":"AA=="})");
}

}  // namespace edge::test
