// An HTTP/2 server on one listener: h2c with prior knowledge, streams as coroutines, limits.
//
// Each request runs its handler as a task of its own; the streams of a connection answer in any
// order. Everything runs on the loop. Source: RFC 9113 §3.3.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>

#include "edge/loop/socket.h"
#include "edge/loop/task_group.h"
#include "edge/net/http2/limits.h"
#include "edge/net/http2/session.h"

namespace edge::http2 {

struct ServerLimits : Limits {
  std::size_t connections = 1024;  // over it: closed at once
};

// One request and its answer, for as long as its handler runs.
struct ServerExchange {
  Stream* stream = nullptr;
  const std::string* peer_host = nullptr;  // without port; "" on a Unix socket
};

class Handler {
 public:
  virtual ~Handler() = default;
  // `ctx` is cancelled when the client resets the stream or leaves, or the server is told to stop
  // at once. An exception, or a return without an answer, becomes a 500; an answer that is not
  // ended is reset.
  virtual Task<void> handle(Ctx ctx, ServerExchange exchange) = 0;
};

class ServerConnection;

// The connections of a server, whose streams one handler serves.
class Connections {
 public:
  // `handler` outlives them.
  Connections(UvLoop& loop, Handler& handler, const ServerLimits& limits)
      : loop_(loop), handler_(handler), limits_(limits) {}

  // Whether there are as many as there may be.
  [[nodiscard]] bool full() const noexcept { return open_.size() >= limits_.connections; }
  [[nodiscard]] std::size_t size() const noexcept { return open_.size(); }
  // Serves a connection to its end; `upgrade`: the request that it began with, by HTTP/1.1. `ctx`
  // cuts it off.
  Task<void> serve(Ctx ctx, std::unique_ptr<Socket> socket, const Upgrade* upgrade = nullptr);
  // Tells the clients (GOAWAY): connections end when the requests under way have been answered,
  // also those that are still to come.
  void drain() noexcept;

 private:
  friend class ServerConnection;
  using Open = std::list<ServerConnection*>;

  UvLoop& loop_;
  Handler& handler_;
  const ServerLimits limits_;
  Open open_;
  bool draining_ = false;
};

class Server {
 public:
  // Decides on a new connection before a byte of it is read; "" lets it in, else it is closed and
  // the reason logged.
  using Admission = std::function<std::string(const Socket&)>;

  // `handler` outlives it.
  Server(UvLoop& loop, std::unique_ptr<Listener> listener, Handler& handler, ServerLimits limits,
         Admission admission = {});
  ~Server();

  // Takes connections from now on.
  void start();
  // Takes no more connections. stop() follows.
  void begin_stop() noexcept;
  // Takes no more; tells the clients (GOAWAY), and answers the requests under way. Waits for them
  // until `ctx` ends, then cuts them off.
  Task<void> stop(Ctx ctx);

  [[nodiscard]] std::uint16_t port() const { return listener_->port(); }
  [[nodiscard]] std::size_t connections() const noexcept { return open_.size(); }

 private:
  Task<void> accept_all();

  std::unique_ptr<Listener> listener_;
  Admission admission_;
  Connections open_;
  TaskGroup accepting_;
  TaskGroup connections_;
};

}  // namespace edge::http2
