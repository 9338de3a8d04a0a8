// An HTTP/1.1 client for one destination: connections that are kept and used again.
//
// An idle connection that its server ends is noticed and dropped. A request that meets a connection
// which was ended in that very moment is sent once more, on a new one, where that is safe: nothing
// of an answer has come, its body is in hand, and its method is idempotent (RFC 9110 §9.2.2).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "edge/loop/async.h"
#include "edge/loop/byte_source.h"
#include "edge/loop/byte_stream.h"
#include "edge/loop/dialer.h"
#include "edge/loop/socket.h"
#include "edge/loop/uv_loop.h"
#include "edge/net/http1/client.h"
#include "edge/net/http1/head.h"

namespace edge::http1 {

struct PoolLimits {
  std::size_t idle_connections = 256;
  Duration idle_time = std::chrono::seconds(60);
  Duration dial_time = std::chrono::seconds(30);  // then it is kUnavailable
  std::size_t header_bytes = std::size_t{64} * 1024;
};

class ClientPool final : private Timer, private EndObserver {
 public:
  ClientPool(UvLoop& loop, std::unique_ptr<Dialer> dialer, PoolLimits limits = {});
  ~ClientPool();

  // A connection to begin a request on: an idle one, or a new one. For callers that decide on
  // their own what to do when it cannot be had. Errors: as Dialer::dial.
  Async<Result<Connection>> connect(Ctx ctx);

  // Sends `request` on `connection` and waits for the head of its answer. The pool, and the scope
  // of `ctx`, outlive the exchange. Errors: kUnavailable (cut off), kInvalidArgument (the answer is
  // malformed), kResourceExhausted (its head is too large), kCancelled, kDeadlineExceeded; those of
  // the request's body, where that failed.
  Task<Result<std::unique_ptr<ClientExchange>>> exchange(Ctx ctx, Connection connection,
                                                         ClientRequest request);

  // An empty string for a request's head, with the memory that an earlier one has left.
  std::string take_buffer();

  [[nodiscard]] std::size_t idle() const noexcept { return idle_.size(); }

 private:
  friend class ClientExchange;
  struct Idle {
    std::unique_ptr<ByteStream> stream;
    TimePoint since;
  };

  Task<Result<Connection>> dial(Ctx ctx);
  // Takes back a connection that stands at the end of a message.
  void keep(std::unique_ptr<ByteStream> stream);
  // Heads with the memory that earlier answers have left.
  std::unique_ptr<Head> take_head();
  void keep_head(std::unique_ptr<Head> head);
  void keep_buffer(std::string buffer);
  void expired() noexcept override;
  // An idle connection has ended. It is dropped in a turn of its own: it is in the middle of
  // telling.
  void stream_ended() noexcept override { arm(loop_.now()); }

  UvLoop& loop_;
  std::unique_ptr<Dialer> dialer_;
  PoolLimits limits_;
  std::vector<std::unique_ptr<Head>> spare_heads_;
  std::vector<std::string> spare_buffers_;
  std::vector<Idle> idle_;  // the most recent last
};

}  // namespace edge::http1
