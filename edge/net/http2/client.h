// An HTTP/2 client for one destination: streams on few connections, opened again as needed.
//
// A stream past what the peer takes on one connection goes on a second, up to a limit; past that it
// waits. A connection that its peer ends (GOAWAY) takes no more, and the next stream dials anew.
#pragma once

#include <list>
#include <memory>
#include <optional>

#include "edge/loop/dialer.h"
#include "edge/loop/socket.h"
#include "edge/loop/sync.h"
#include "edge/loop/task_group.h"
#include "edge/net/http2/limits.h"
#include "edge/net/http2/session.h"

namespace edge::http2 {

struct ClientLimits : Limits {
  std::size_t connections = 4;
  Duration dial_time = std::chrono::seconds(30);
};

// A request on its way; what is unfinished when it goes is reset.
class ClientStream {
 public:
  ClientStream() noexcept = default;
  explicit ClientStream(StreamPtr stream) noexcept : stream_(std::move(stream)) {}
  ClientStream(ClientStream&& other) noexcept = default;
  ClientStream& operator=(ClientStream&& other) noexcept {
    std::swap(stream_, other.stream_);
    return *this;
  }
  ~ClientStream() {
    if (stream_) stream_->release();
  }
  Stream* operator->() const noexcept { return stream_.get(); }
  [[nodiscard]] Stream* get() const noexcept { return stream_.get(); }

 private:
  StreamPtr stream_;
};

class Client {
 public:
  Client(UvLoop& loop, std::unique_ptr<Dialer> dialer, ClientLimits limits = {});
  // After close().
  ~Client();

  // Begins a request; `head` stays valid until done. The stream may outlive the client.
  // Errors: as Dialer::dial; kUnavailable, kInvalidArgument (a field that may not be sent),
  // kCancelled, kDeadlineExceeded.
  Task<Result<ClientStream>> open(Ctx ctx, const RequestHead* head, Follows follows);
  // Cuts all connections, and waits for their ends.
  Task<void> close();

  [[nodiscard]] std::size_t connections() const noexcept { return open_.size(); }

 private:
  struct Connection final : Session::Owner {
    Connection(Client& owner, std::unique_ptr<ByteStream> wire);
    ~Connection();
    void request_came(StreamPtr) override {}
    [[nodiscard]] bool takes_stream() noexcept override { return false; }
    void changed() noexcept override { client.connection_changed(*this); }
    [[nodiscard]] bool has_room() const noexcept;

    Client& client;
    Session session;
    bool counted = false;  // it has been opened
    std::list<Connection*>::iterator place;
  };

  Task<void> connect();
  void connection_changed(Connection& connection) noexcept;
  void dialed(std::optional<Error> failure);
  [[nodiscard]] Connection* with_room() noexcept;

  UvLoop& loop_;
  std::unique_ptr<Dialer> dialer_;
  ClientLimits limits_;
  std::list<Connection*> open_;
  Event changed_;
  bool dialing_ = false;
  std::uint64_t failures_ = 0;  // dials that have failed
  Error last_failure_;
  TaskGroup group_;
};

}  // namespace edge::http2
