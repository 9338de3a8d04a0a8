#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "edge/loop/socket.h"

namespace edge {
namespace {

constexpr int kBacklog = 511;

Error listen_error(const std::string& what, int code) {
  return {Code::kUnavailable, "listen " + what + ": " + uv_strerror(code)};
}

// Whether somebody still answers on the socket file. A full backlog or a file that is closed to us
// counts: only a refusal says that nobody is there.
bool answers(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const bool refused =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      (errno == ECONNREFUSED || errno == ENOENT);
  ::close(fd);
  return !refused;
}

Status clear_stale(const std::string& path) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return {};
  if (!S_ISSOCK(info.st_mode)) {
    return Error{Code::kInvalidArgument,
                 "listen " + path + ": a file that is no socket is in the way; remove it"};
  }
  if (answers(path)) {
    return Error{Code::kUnavailable,
                 "listen " + path + ": another process answers there; stop it first"};
  }
  ::unlink(path.c_str());
  return {};
}

Result<sockaddr_storage> bind_address(const std::string& host, std::uint16_t port) {
  sockaddr_storage out{};
  // "::" takes IPv4 as well where the kernel has IPv6.
  const std::string literal = host == "localhost" ? "127.0.0.1" : host.empty() ? "::" : host;
  if (uv_ip4_addr(literal.c_str(), port, reinterpret_cast<sockaddr_in*>(&out)) == 0) return out;
  if (uv_ip6_addr(literal.c_str(), port, reinterpret_cast<sockaddr_in6*>(&out)) == 0) return out;
  return Error{Code::kInvalidArgument,
               "listen address " + host + " is not an IP address; write one, e.g. 127.0.0.1"};
}

}  // namespace

Listener::Listener(UvLoop& loop, detail::UvStreamPtr handle)
    : loop_(loop), handle_(std::move(handle)), waiter_(loop) {
  handle_->data = this;
}

Listener::~Listener() {
  stop();
}

Status Listener::start(const std::string& what) {
  const int result = uv_listen(handle_.get(), kBacklog, on_connection);
  if (result != 0) return listen_error(what, result);
  return {};
}

Result<std::unique_ptr<Listener>> Listener::tcp(UvLoop& loop, const std::string& host,
                                                std::uint16_t port) {
  auto address = bind_address(host, port);
  if (!address) return address.error();
  std::unique_ptr<Listener> listener(new Listener(loop, detail::new_stream(loop, false)));
  auto* tcp = reinterpret_cast<uv_tcp_t*>(listener->handle_.get());
  int bound = uv_tcp_bind(tcp, reinterpret_cast<const sockaddr*>(&*address), 0);
  if (bound == UV_EAFNOSUPPORT && host.empty()) {
    listener.reset();
    return Listener::tcp(loop, "0.0.0.0", port);
  }
  const std::string what = Address{host, port, ""}.text();
  if (bound != 0) return listen_error(what, bound);
  if (auto started = listener->start(what); !started) return started.error();
  return listener;
}

Result<std::unique_ptr<Listener>> Listener::unix(UvLoop& loop, const std::string& path) {
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return Error{Code::kInvalidArgument, "listen " + path + ": the path is longer than " +
                                             std::to_string(sizeof(sockaddr_un::sun_path) - 1) +
                                             " bytes; choose a shorter run directory"};
  }
  if (auto cleared = clear_stale(path); !cleared) return cleared.error();
  std::unique_ptr<Listener> listener(new Listener(loop, detail::new_stream(loop, true)));
  const int bound =
      uv_pipe_bind(reinterpret_cast<uv_pipe_t*>(listener->handle_.get()), path.c_str());
  if (bound != 0) return listen_error(path, bound);
  listener->path_ = path;
  if (auto started = listener->start(path); !started) return started.error();
  return listener;
}

void Listener::on_connection(uv_stream_t* server, int status) noexcept {
  auto* self = static_cast<Listener*>(server->data);
  if (self == nullptr || status != 0) return;
  auto handle = detail::new_stream(self->loop_, server->type == UV_NAMED_PIPE);
  if (uv_accept(server, handle.get()) != 0) return;
  self->accepted_.push_back(std::make_unique<Socket>(self->loop_, std::move(handle)));
  self->waiter_.wake();
}

Task<Result<std::unique_ptr<Socket>>> Listener::accept(Ctx ctx) {
  ParkAwaiter awaiter{waiter_, ctx, !accepted_.empty() || handle_ == nullptr};
  co_await awaiter;
  if (ctx.cancelled()) co_return ctx.error();
  if (accepted_.empty()) co_return Error{Code::kCancelled, "accept: the listener was stopped"};
  auto socket = std::move(accepted_.front());
  accepted_.pop_front();
  co_return socket;
}

void Listener::stop() noexcept {
  if (handle_ == nullptr) return;
  if (!path_.empty()) ::unlink(path_.c_str());
  handle_.reset();
  accepted_.clear();
  waiter_.wake();
}

std::uint16_t Listener::port() const {
  sockaddr_storage address{};
  int size = sizeof address;
  if (handle_ == nullptr || handle_->type != UV_TCP) return 0;
  uv_tcp_getsockname(reinterpret_cast<const uv_tcp_t*>(handle_.get()),
                     reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
                                             : reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

}  // namespace edge
