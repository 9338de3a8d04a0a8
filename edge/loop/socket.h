// Sockets: TCP and Unix stream sockets as ByteStreams; connecting and listening.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include <uv.h>

#include "edge/loop/byte_stream.h"
#include "edge/loop/uv_loop.h"

namespace edge {

// Where a socket is: a host and port, or a path in the file system ("unix:/run/app.sock").
struct Address {
  std::string host;  // name or literal address; "" where `path` is set
  std::uint16_t port = 0;
  std::string path;  // at most 107 bytes

  [[nodiscard]] bool is_unix() const noexcept { return !path.empty(); }
  // "127.0.0.1:3500", "[::1]:80" or the path: for messages.
  [[nodiscard]] std::string text() const;
  bool operator==(const Address&) const = default;
};

// Who is at the other end of a Unix socket. Source: unix(7), SO_PEERCRED.
struct PeerCredentials {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int32_t pid = 0;
};

namespace detail {

struct UvHandleCloser {
  void operator()(uv_stream_t* stream) const noexcept;
};
// uv_close frees it later, on the loop: legal to drop at any time.
using UvStreamPtr = std::unique_ptr<uv_stream_t, UvHandleCloser>;
UvStreamPtr new_stream(UvLoop& loop, bool is_unix);

}  // namespace detail

class Socket final : public ByteStream {
 public:
  // Takes over a connected handle and begins to read.
  Socket(UvLoop& loop, detail::UvStreamPtr handle);
  ~Socket() override;

  void consume(std::size_t bytes) noexcept override;
  Async<Result<Fill>> fill(Ctx ctx) override;
  Async<Status> write(Ctx ctx, std::span<const std::string_view> parts) override;
  Task<Status> shutdown_write(Ctx ctx) override;
  void close() noexcept override;
  [[nodiscard]] bool ended() const noexcept override { return end_ != 0; }

  // A write ends with kDeadlineExceeded, and the connection with it, when the peer has taken no
  // byte for so long. Zero: it waits for ever.
  void limit_stall(Duration time) noexcept { stall_limit_ = time; }

  // Errors: kUnavailable where the system cannot tell (not a Unix socket).
  [[nodiscard]] Result<PeerCredentials> peer_credentials() const;
  // The peer's address without port; "" for a Unix socket.
  [[nodiscard]] std::string peer_host() const;

 private:
  // The wait of a fill.
  struct ReadWaiter final : Waiter, Operation<Result<Fill>> {
    explicit ReadWaiter(Socket& owner) noexcept : Waiter(owner.loop_), socket(owner) {}
    void begin(std::coroutine_handle<> parent) override { park(ctx, parent); }
    Result<Fill> finish() override { return socket.filled(ctx); }
    Socket& socket;
    Ctx ctx;
  };
  struct WriteRequest;
  Result<Fill> filled(const Ctx& ctx) const;
  Task<Status> write_rest(Ctx ctx, std::span<const std::string_view> parts, std::size_t written);

  static void on_alloc(uv_handle_t* handle, std::size_t suggested, uv_buf_t* buffer) noexcept;
  static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) noexcept;
  void received(ssize_t count) noexcept;
  void resume_reading() noexcept;
  [[nodiscard]] std::size_t unsent_bytes() const noexcept;

  UvLoop& loop_;
  detail::UvStreamPtr handle_;
  ReadWaiter reader_;
  std::size_t had_ = 0;  // bytes that were pending when the fill began
  Duration stall_limit_{};
  int end_ = 0;  // UV_EOF, or the error that ended reading; 0 while open
  bool reading_ = false;
};

// Connects, trying the addresses of a name in turn. A connection to another host ends when that
// host has been silent, or has taken nothing, for 30 s.
// Errors: kUnavailable ("dial tcp 127.0.0.1:9001: connect: connection refused"), kNotFound (name
// unknown), kInvalidArgument (path too long), kCancelled, kDeadlineExceeded.
Task<Result<std::unique_ptr<Socket>>> connect(UvLoop& loop, Ctx ctx, Address address);

class Listener {
 public:
  // Listens on an IP address or host name ("" = all interfaces; port 0 = any free one).
  // Errors: kUnavailable ("listen 127.0.0.1:3500: address already in use"), kInvalidArgument.
  static Result<std::unique_ptr<Listener>> tcp(UvLoop& loop, const std::string& host,
                                               std::uint16_t port);
  // Listens on a path; a stale socket file is replaced, one that answers is not. The file is
  // removed when the listener goes. Errors: kUnavailable, kInvalidArgument.
  static Result<std::unique_ptr<Listener>> unix(UvLoop& loop, const std::string& path);

  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // The next connection. Errors: kCancelled, also when stop() was called.
  Task<Result<std::unique_ptr<Socket>>> accept(Ctx ctx);
  // Takes no more connections; the socket is closed at once.
  void stop() noexcept;

  [[nodiscard]] std::uint16_t port() const;

 private:
  struct AcceptWaiter final : Waiter {
    using Waiter::Waiter;
  };
  Listener(UvLoop& loop, detail::UvStreamPtr handle);
  Status start(const std::string& what);
  static void on_connection(uv_stream_t* server, int status) noexcept;

  UvLoop& loop_;
  detail::UvStreamPtr handle_;
  AcceptWaiter waiter_;
  std::deque<std::unique_ptr<Socket>> accepted_;
  std::string path_;
};

}  // namespace edge
