// TlsStream: a ByteStream that is encrypted over another one, as client or server.
//
// Handshakes compute on a worker; the loop only moves bytes. A stream that was dropped without
// shutdown_write() ends for its peer as a cut connection.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge/loop/async.h"
#include "edge/loop/byte_stream.h"
#include "edge/loop/socket.h"
#include "edge/net/tls/context.h"

namespace edge::tls {

class Engine;

class TlsStream final : public ByteStream, private EndObserver {
 public:
  ~TlsStream() override;

  void consume(std::size_t bytes) noexcept override { in_.consume(bytes); }
  // Errors: also kUnavailable where a record is damaged or cut off.
  Async<Result<Fill>> fill(Ctx ctx) override { return read_and_decrypt(ctx); }
  Async<Status> write(Ctx ctx, std::span<const std::string_view> parts) override {
    return encrypt_and_write(ctx, parts);
  }
  Task<Status> shutdown_write(Ctx ctx) override;
  void close() noexcept override;
  [[nodiscard]] bool ended() const noexcept override;

  // The protocol that both sides want; "" where none was agreed on.
  [[nodiscard]] std::string_view alpn() const noexcept;
  // Whether the handshake went on from an earlier session.
  [[nodiscard]] bool resumed() const noexcept;

 private:
  friend struct Handshake;
  enum class State { kOpen, kEnded, kFailed, kClosed };

  TlsStream(UvLoop& loop, std::unique_ptr<ByteStream> inner, std::shared_ptr<const void> context);
  void established();
  void stream_ended() noexcept override { notify_ended(); }
  void decrypt();
  Task<Result<Fill>> read_and_decrypt(Ctx ctx);
  Task<Status> encrypt_and_write(Ctx ctx, std::span<const std::string_view> parts);
  Task<Status> flush(Ctx ctx);

  std::shared_ptr<const void> context_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<ByteStream> inner_;
  State state_ = State::kOpen;
  bool inner_ended_ = false;
  bool flushing_ = false;
};

// Makes `inner` a TLS connection to `server`, whose host is announced and expected in the
// certificate unless the context names another. Resumes the last session with that address.
// Errors: kUnavailable ("tls: api.test:443: certificate verify failed: the certificate has
// expired"), kInvalidArgument (name too long), kCancelled, kDeadlineExceeded.
Task<Result<std::unique_ptr<TlsStream>>> connect(UvLoop& loop, Ctx ctx,
                                                 std::shared_ptr<const ClientContext> context,
                                                 std::unique_ptr<ByteStream> inner, Address server);

// The server's side. Bound it with a deadline: a peer may send nothing at all.
// Errors: as connect().
Task<Result<std::unique_ptr<TlsStream>>> accept(UvLoop& loop, Ctx ctx,
                                                std::shared_ptr<const ServerContext> context,
                                                std::unique_ptr<ByteStream> inner);

}  // namespace edge::tls
