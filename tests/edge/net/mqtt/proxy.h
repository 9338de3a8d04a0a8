// A TCP proxy between a client and its server, whose connections a test can cut at will.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include "edge/loop/socket.h"
#include "edge/loop/task_group.h"

namespace edge::test {

class Proxy {
 public:
  Proxy(UvLoop& loop, std::uint16_t server_port);
  ~Proxy();

  [[nodiscard]] std::uint16_t port() const { return listener_->port(); }
  // Drops every connection now.
  void cut();
  // From now on nothing that the server says gets through.
  void hush() noexcept { hushed_ = true; }
  // How many connections it has had.
  [[nodiscard]] int accepted() const noexcept { return accepted_; }

 private:
  struct Link {
    std::unique_ptr<Socket> client;
    std::unique_ptr<Socket> server;
  };
  Task<void> serve(Ctx ctx);
  Task<void> splice(Ctx ctx, std::shared_ptr<Link> link);
  static Task<void> copy(Ctx ctx, Socket* from, Socket* to, const bool* hushed);

  UvLoop& loop_;
  std::uint16_t server_port_;
  std::unique_ptr<Listener> listener_;
  std::list<std::weak_ptr<Link>> links_;
  bool hushed_ = false;
  const bool never_ = false;
  int accepted_ = 0;
  TaskGroup tasks_;
};

}  // namespace edge::test
