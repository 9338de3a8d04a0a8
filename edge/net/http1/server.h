// An HTTP/1.1 server on one listener: keep-alive, pipelining, streaming both ways, limits.
//
// A handler gets one exchange at a time for each connection and answers it. What a handler leaves
// unread is drained where it is short; else the connection ends. Everything runs on the loop.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edge/loop/async.h"
#include "edge/loop/byte_source.h"
#include "edge/loop/socket.h"
#include "edge/loop/task_group.h"
#include "edge/net/http1/head.h"

namespace edge::http1 {

struct ServerLimits {
  std::size_t header_bytes = std::size_t{8} * 1024;  // over it: 431
  std::size_t connections = 4096;                    // over it: 503 and close
  Duration header_time = std::chrono::seconds(10);   // from the first byte: 408
  Duration idle_time = std::chrono::minutes(5);      // between requests: close
  Duration orphan_time = std::chrono::seconds(2);    // a client that has left is served on
  Duration stall_time = std::chrono::seconds(60);    // a client that takes nothing: cut off
};

// What an answer says before its body.
struct Response {
  int status = 200;
  std::string headers;  // whole lines, "name: value\r\n" each; no framing, no Connection
  // Of the body. Absent where it is not known: chunked, or until close for an HTTP/1.0 client.
  std::optional<std::uint64_t> length;
};

// One request and its answer. Exactly one of reply() and send() is awaited, once.
class ServerExchange {
 public:
  virtual ~ServerExchange() = default;

  [[nodiscard]] virtual const Head& request() const noexcept = 0;
  [[nodiscard]] virtual ByteSource& body() noexcept = 0;
  // The client's address without port; "" on a Unix socket.
  [[nodiscard]] virtual const std::string& peer_host() const noexcept = 0;
  [[nodiscard]] virtual bool answered() const noexcept = 0;
  // Bytes of body that the answer has sent so far.
  [[nodiscard]] virtual std::uint64_t sent_bytes() const noexcept = 0;

  // Answers with a body in memory. Errors: the client is gone.
  virtual Async<Status> reply(Ctx ctx, Response response, std::string_view body) = 0;

  // Answers with a body that is read while it is sent; each piece goes out as it comes.
  // Errors: the client is gone, or the source failed (then the connection is cut, so that the
  // client cannot take a part for the whole).
  virtual Async<Status> send(Ctx ctx, Response response, ByteSource* body) = 0;
};

class Handler {
 public:
  virtual ~Handler() = default;
  // `ctx` is cancelled when the client leaves or the server is told to stop at once. An exception,
  // or a return without an answer, becomes a 500.
  virtual Task<void> handle(Ctx ctx, ServerExchange* exchange) = 0;
};

// What clients may speak on a connection in place of HTTP/1.
class OtherProtocol {
 public:
  virtual ~OtherProtocol() = default;
  // Whether a connection goes on in it after this request, which has no body. Source: RFC 9110
  // §7.8.
  [[nodiscard]] virtual bool follows(const Head& request) const = 0;
  // Serves a connection to its end. `request`: the one that it follows, which is still to be
  // answered; null where it was spoken from the first byte. `ctx` cuts it off.
  virtual Task<void> serve(Ctx ctx, std::unique_ptr<Socket> socket, const Head* request) = 0;
  // From now on connections end when their requests have been answered.
  virtual void drain() noexcept = 0;
};

struct ServerConnectionState;
class ServerConnection;

class Server {
 public:
  // Decides on a new connection before a byte of it is read; "" lets it in, else it is closed and
  // the reason logged.
  using Admission = std::function<std::string(const Socket&)>;

  // `handler` outlives the server.
  Server(UvLoop& loop, std::unique_ptr<Listener> listener, Handler& handler, ServerLimits limits,
         Admission admission = {});
  ~Server();

  // Lets connections be HTTP/2. Legal before start(); `other` outlives the server.
  void also_speak(OtherProtocol& other) noexcept { other_ = &other; }
  // Takes connections from now on.
  void start();
  // Takes no more connections. stop() follows.
  void begin_stop() noexcept;
  // Takes no more; idle connections end, requests under way are answered. Waits for them until
  // `ctx` ends, then cuts them off.
  Task<void> stop(Ctx ctx);

  [[nodiscard]] std::uint16_t port() const { return listener_->port(); }
  [[nodiscard]] std::size_t connections() const noexcept { return open_.size(); }

 private:
  friend class ServerConnection;
  using Connections = std::list<ServerConnection*>;
  Task<void> accept_all();
  Task<void> serve(std::unique_ptr<Socket> socket);
  Task<void> refuse(std::unique_ptr<Socket> socket);
  // What a request needs, with the memory that an earlier one has left.
  std::unique_ptr<ServerConnectionState> take_state();
  void keep_state(std::unique_ptr<ServerConnectionState> state);
  // The value of a Date header for now.
  std::string_view date();

  UvLoop& loop_;
  std::unique_ptr<Listener> listener_;
  Handler& handler_;
  ServerLimits limits_;
  Admission admission_;
  OtherProtocol* other_ = nullptr;
  Connections open_;
  std::vector<std::unique_ptr<ServerConnectionState>> spare_;
  bool draining_ = false;
  std::string date_;
  std::chrono::sys_seconds date_second_{};  // that `date_` tells
  TaskGroup accepting_;
  TaskGroup connections_;
};

}  // namespace edge::http1
