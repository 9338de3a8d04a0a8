// Client: a connection to an MQTT server that comes back by itself.
//
// Its owner publishes and subscribes while it is connected, and starts over at each connected():
// nothing of an earlier connection is carried on. Loop thread; closed before it goes away.
#pragma once

#include <memory>
#include <string>

#include "edge/base/backoff.h"
#include "edge/loop/socket.h"
#include "edge/loop/task_group.h"
#include "edge/net/mqtt/session.h"
#include "edge/net/tls/context.h"

namespace edge::mqtt {

struct ClientOptions {
  Address server;
  std::shared_ptr<const tls::ClientContext> tls;  // nullptr: plain TCP
  Login login;
  std::size_t max_packet_bytes = std::size_t{4} * 1024 * 1024;  // of messages that come in
  Duration dial_limit = std::chrono::seconds(15);
  Duration connack_limit = std::chrono::seconds(15);
  Duration backoff_base = std::chrono::milliseconds(500);
  Duration backoff_cap = std::chrono::seconds(30);
};

// Called on the loop.
class ClientOwner {
 public:
  virtual ~ClientOwner() = default;
  virtual void connected(const Connected& session) = 0;
  // The connection has ended, or an attempt failed.
  virtual void disconnected() = 0;
  virtual void received(Incoming message) = 0;
  virtual void acknowledged(int mid) = 0;
  virtual void granted(const Granted& grant) = 0;
  // All that was to be sent has left.
  virtual void written() = 0;
};

class Client final : private SessionOwner {
 public:
  Client(UvLoop& loop, ClientOptions options, ClientOwner& owner);
  ~Client() override;

  void start();
  // Sends what waits (for a second at most), takes leave and disconnects.
  Task<void> close();

  [[nodiscard]] bool is_connected() const noexcept { return session_ && session_->is_open(); }
  // Why there is no connection; "" before the first attempt has ended.
  [[nodiscard]] const std::string& last_error() const noexcept { return last_error_; }
  [[nodiscard]] const ClientOptions& options() const noexcept { return options_; }

  // Legal while connected; give the packet's id. Errors: kInvalidArgument; kUnavailable, after
  // which the connection ends.
  Result<int> publish(const Outgoing& message);
  Result<int> subscribe(const std::string& filter, int qos);
  void unsubscribe(const std::string& filter);
  // Of a message of this connection.
  void acknowledge(std::uint16_t mid, int qos);
  void pause() noexcept;
  void resume() noexcept;

 private:
  Task<void> run(Ctx ctx);
  Task<Error> connect_once(Ctx ctx);
  void ended(const Error& error, Duration lasted);
  Result<int> sent(Result<int> result);

  void opened(const Connected& session) override;
  void received(Incoming message) override { owner_.received(std::move(message)); }
  void oversize(const Oversize& message) override;
  void acknowledged(const Acknowledged& ack) override { owner_.acknowledged(ack.mid); }
  void granted(const Granted& grant) override { owner_.granted(grant); }
  void written() override;

  UvLoop& loop_;
  ClientOptions options_;
  ClientOwner& owner_;
  std::unique_ptr<Session> session_;
  Backoff backoff_;
  std::string last_error_;
  bool was_open_ = false;  // in this attempt
  Event drained_;
  TaskGroup tasks_;
};

}  // namespace edge::mqtt
