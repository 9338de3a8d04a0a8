#include "edge/loop/socket.h"

#include <array>
#include <cstdlib>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <utility>

namespace edge {
namespace detail {

void UvHandleCloser::operator()(uv_stream_t* stream) const noexcept {
  stream->data = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(stream),
           [](uv_handle_t* closed) noexcept { std::free(closed); });
}

UvStreamPtr new_stream(UvLoop& loop, bool is_unix) {
  const std::size_t size = is_unix ? sizeof(uv_pipe_t) : sizeof(uv_tcp_t);
  auto* memory = std::calloc(1, size);
  if (memory == nullptr) throw std::bad_alloc();
  if (is_unix) {
    uv_pipe_init(loop.uv(), static_cast<uv_pipe_t*>(memory), 0);
  } else {
    uv_tcp_init(loop.uv(), static_cast<uv_tcp_t*>(memory));
  }
  return UvStreamPtr(static_cast<uv_stream_t*>(memory));
}

}  // namespace detail

namespace {

Error stream_error(std::string_view operation, int code) {
  if (code == UV_ECANCELED) return {Code::kCancelled, std::string(operation) + ": closed"};
  return {Code::kUnavailable, std::string(operation) + ": " + uv_strerror(code)};
}

using Buffers = std::array<uv_buf_t, ByteStream::kMaxParts>;

unsigned to_buffers(std::span<const std::string_view> parts, Buffers& out) {
  unsigned count = 0;
  for (const auto part : parts) {
    if (part.empty()) continue;
    out[count++] = uv_buf_init(const_cast<char*>(part.data()), static_cast<unsigned>(part.size()));
  }
  return count;
}

// Skips `written` bytes; gives the index of the first buffer with something left.
unsigned skip(Buffers& buffers, unsigned count, std::size_t written) {
  unsigned first = 0;
  while (first < count && written >= buffers[first].len) written -= buffers[first++].len;
  if (first < count) {
    buffers[first].base += written;
    buffers[first].len -= written;
  }
  return first;
}

}  // namespace

Socket::Socket(UvLoop& loop, detail::UvStreamPtr handle)
    : ByteStream(loop.buffers()), loop_(loop), handle_(std::move(handle)), reader_(*this) {
  handle_->data = this;
  if (handle_->type == UV_TCP) uv_tcp_nodelay(reinterpret_cast<uv_tcp_t*>(handle_.get()), 1);
  resume_reading();
}

Socket::~Socket() = default;

void Socket::resume_reading() noexcept {
  if (reading_ || end_ != 0) return;
  reading_ = uv_read_start(handle_.get(), on_alloc, on_read) == 0;
}

void Socket::on_alloc(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) noexcept {
  auto* self = static_cast<Socket*>(handle->data);
  const auto space = self->in_.space();
  *buffer = uv_buf_init(space.data(), static_cast<unsigned>(space.size()));
}

void Socket::on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t*) noexcept {
  static_cast<Socket*>(stream->data)->received(count);
}

void Socket::received(ssize_t count) noexcept {
  if (count == 0) {
    in_.release_if_empty();
    return;
  }
  if (count > 0) {
    in_.commit(static_cast<std::size_t>(count));
    if (in_.full()) {
      uv_read_stop(handle_.get());
      reading_ = false;
    }
    reader_.wake();
    return;
  }
  in_.release_if_empty();
  end_ = static_cast<int>(count);
  uv_read_stop(handle_.get());
  reading_ = false;
  reader_.wake();
  notify_ended();
}

void Socket::consume(std::size_t bytes) noexcept {
  in_.consume(bytes);
  resume_reading();
}

Async<Result<Fill>> Socket::fill(Ctx ctx) {
  had_ = pending().size();
  if (end_ != 0) return filled(ctx);
  if (in_.full()) {
    return Result<Fill>(Error{Code::kResourceExhausted, "read: the buffer is full"});
  }
  resume_reading();
  if (end_ != 0 || ctx.cancelled()) return filled(ctx);
  reader_.ctx = ctx;
  return reader_;
}

Result<Fill> Socket::filled(const Ctx& ctx) const {
  if (pending().size() > had_) return Fill::kMore;
  if (end_ == UV_EOF) return Fill::kEnd;
  if (end_ != 0) return stream_error("read", end_);
  if (ctx.cancelled()) return ctx.error();
  return Error{Code::kInternal, "read: woken without bytes"};
}

// A write that the kernel did not take at once; libuv holds the rest.
struct Socket::WriteRequest final : Waiter, Timer {
  WriteRequest(Socket& owner, uv_buf_t* first, unsigned count)
      : Waiter(owner.loop_),
        Timer(owner.loop_),
        socket(owner),
        buffers(first),
        buffer_count(count) {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> coroutine) {
    request.data = this;
    result = uv_write(&request, socket.handle_.get(), buffers, buffer_count,
                      [](uv_write_t* done, int status) noexcept {
                        auto* self = static_cast<WriteRequest*>(done->data);
                        self->result = status;
                        self->wake();
                      });
    if (result != 0) return false;
    watch();
    park(ctx, coroutine);
    return true;
  }
  void await_resume() const noexcept {}

  // libuv reads the buffers until its callback has run, which closing brings about.
  void fired(Code) noexcept override { socket.close(); }

  void watch() noexcept {
    if (socket.stall_limit_ == Duration::zero()) return;
    unsent = socket.unsent_bytes();
    arm(socket.loop_.now() + socket.stall_limit_);
  }
  void expired() noexcept override {
    if (socket.unsent_bytes() < unsent) return watch();
    stalled = true;
    socket.close();
  }

  Socket& socket;
  uv_buf_t* buffers;
  unsigned buffer_count;
  Ctx ctx;
  uv_write_t request{};
  int result = 0;
  std::size_t unsent = 0;  // when the time began
  bool stalled = false;
};

// What libuv holds and what the kernel has not delivered. Source: tcp(7), unix(7), SIOCOUTQ.
std::size_t Socket::unsent_bytes() const noexcept {
  if (handle_ == nullptr) return 0;
  uv_os_fd_t fd = -1;
  int queued = 0;
  const bool known = uv_fileno(reinterpret_cast<const uv_handle_t*>(handle_.get()), &fd) == 0 &&
                     ::ioctl(fd, SIOCOUTQ, &queued) == 0;  // NOLINT
  return uv_stream_get_write_queue_size(handle_.get()) +
         (known ? static_cast<std::size_t>(queued) : 0);
}

// Mostly the kernel takes all of it at once.
Async<Status> Socket::write(Ctx ctx, std::span<const std::string_view> parts) {
  if (ctx.cancelled()) return Status(ctx.error());
  Buffers buffers;
  const unsigned count = to_buffers(parts, buffers);
  if (count == 0) return Status();
  if (handle_ == nullptr) return Status(stream_error("write", UV_ECANCELED));
  const int result = uv_try_write(handle_.get(), buffers.data(), count);
  if (result < 0 && result != UV_EAGAIN) return Status(stream_error("write", result));
  const std::size_t written = result < 0 ? 0 : static_cast<std::size_t>(result);
  if (skip(buffers, count, written) == count) return Status();
  return write_rest(ctx, parts, written);
}

Task<Status> Socket::write_rest(Ctx ctx, std::span<const std::string_view> parts,
                                std::size_t written) {
  Buffers buffers;
  const unsigned count = to_buffers(parts, buffers);
  const unsigned first = skip(buffers, count, written);
  WriteRequest request(*this, &buffers[first], count - first);
  request.ctx = ctx;
  co_await request;
  if (request.result == 0) co_return Status();
  if (ctx.cancelled()) co_return ctx.error();
  if (request.stalled) {
    co_return Error{Code::kDeadlineExceeded,
                    "write: the peer has taken nothing for " + format_duration(stall_limit_)};
  }
  co_return stream_error("write", request.result);
}

namespace {

struct ShutdownRequest final : Waiter {
  ShutdownRequest(Loop& loop, uv_stream_t* target) : Waiter(loop), stream(target) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> coroutine) {
    request.data = this;
    result = uv_shutdown(&request, stream, [](uv_shutdown_t* done, int status) noexcept {
      auto* self = static_cast<ShutdownRequest*>(done->data);
      self->result = status;
      self->wake();
    });
    if (result != 0) return false;
    park(Ctx::background(), coroutine);
    return true;
  }
  void await_resume() const noexcept {}

  uv_stream_t* stream;
  uv_shutdown_t request{};
  int result = 0;
};

}  // namespace

// Nothing is queued when this is called (one writer, who has finished), so it ends at once.
Task<Status> Socket::shutdown_write(Ctx) {
  if (handle_ == nullptr) co_return stream_error("shutdown", UV_ECANCELED);
  ShutdownRequest request(loop_, handle_.get());
  co_await request;
  if (request.result != 0) co_return stream_error("shutdown", request.result);
  co_return Status();
}

void Socket::close() noexcept {
  if (handle_ == nullptr) return;
  handle_.reset();
  if (end_ == 0) end_ = UV_ECANCELED;
  reading_ = false;
  reader_.wake();
}

Result<PeerCredentials> Socket::peer_credentials() const {
  uv_os_fd_t fd = -1;
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (handle_ == nullptr || uv_fileno(reinterpret_cast<uv_handle_t*>(handle_.get()), &fd) != 0 ||
      getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return Error{Code::kUnavailable, "the system does not tell who is at the other end"};
  }
  return PeerCredentials{credentials.uid, credentials.gid, credentials.pid};
}

std::string Socket::peer_host() const {
  if (handle_ == nullptr || handle_->type != UV_TCP) return "";
  sockaddr_storage address{};
  int size = sizeof address;
  std::array<char, INET6_ADDRSTRLEN> text{};
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (uv_tcp_getpeername(reinterpret_cast<uv_tcp_t*>(handle_.get()), generic, &size) != 0 ||
      uv_ip_name(generic, text.data(), text.size()) != 0) {
    return "";
  }
  return text.data();
}

}  // namespace edge
