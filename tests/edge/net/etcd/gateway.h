// A gateway that answers as a test says: for what a real etcd never does.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "edge/loop/task_group.h"
#include "tests/edge/net/http1/wire.h"

namespace edge::test {

// One exchange a connection. Its answers are bytes on the wire.
class Gateway {
 public:
  using Answer = std::function<std::string(const std::string& path, const std::string& body)>;

  Gateway(UvLoop& loop, Answer answer)
      : loop_(loop), answer_(std::move(answer)), tasks_(loop, "gateway") {
    auto listener = Listener::tcp(loop_, "127.0.0.1", 0);
    if (!listener) throw std::runtime_error(listener.error().message);
    listener_ = std::move(*listener);
    tasks_.spawn(serve(this));
  }
  ~Gateway() { run(loop_, tasks_.close()); }
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  [[nodiscard]] Address address() const { return {"127.0.0.1", listener_->port(), ""}; }
  // The paths that were asked for.
  [[nodiscard]] const std::vector<std::string>& asked() const { return asked_; }

  static std::string ok(const std::string& body) { return status("200 OK", body); }
  static std::string status(const std::string& line, const std::string& body) {
    return "HTTP/1.1 " + line +
           "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
  }
  // A stream that ends with the connection.
  static std::string stream(const std::string& lines) {
    return "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + lines;
  }

 private:
  static Task<void> serve(Gateway* self) {
    const Ctx ctx = self->tasks_.ctx();
    while (true) {
      auto socket = co_await self->listener_->accept(ctx);
      if (!socket) co_return;
      co_await self->one(std::move(*socket));
    }
  }

  Task<void> one(std::unique_ptr<Socket> socket) {
    http1::test::Wire wire(loop_, std::move(socket));
    const std::string head = co_await wire.through("\r\n\r\n");
    const std::string path = head.substr(5, head.find(' ', 5) - 5);
    const auto length = head.find("Content-Length: ");
    const std::string body = co_await wire.exactly(std::stoul(head.substr(length + 16)));
    asked_.push_back(path);
    const auto sent = co_await wire.send(answer_(path, body));
    static_cast<void>(sent);  // the client may have gone
    co_await wire.end();
  }

  UvLoop& loop_;
  Answer answer_;
  std::unique_ptr<Listener> listener_;
  std::vector<std::string> asked_;
  TaskGroup tasks_;
};

}  // namespace edge::test
