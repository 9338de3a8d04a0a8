#include <cstring>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>
#include <vector>

#include "edge/loop/blocking.h"
#include "edge/loop/socket.h"

namespace edge {
namespace {

constexpr std::size_t kMaxPath = 107;
// An unanswered SYN is repeated after 1 s.
constexpr Duration kEachOfMany = std::chrono::seconds(3);
constexpr int kQuietSeconds = 10;     // then a host is asked whether it is still there,
constexpr int kAskAgainSeconds = 5;   // and asked again,
constexpr int kSilentMillis = 30000;  // until it has been silent for so long

struct ConnectRequest final : Waiter {
  ConnectRequest(UvLoop& loop, bool is_unix)
      : Waiter(loop), handle(detail::new_stream(loop, is_unix)) {
    request.data = this;
  }

  static void done(uv_connect_t* finished, int status) {
    auto* self = static_cast<ConnectRequest*>(finished->data);
    self->result = status;
    self->wake();
  }
  void fired(Code) noexcept override { handle.reset(); }

  detail::UvStreamPtr handle;
  uv_connect_t request{};
  int result = 0;
};

bool is_loopback(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6) {
    return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
  return (ntohl(v4.sin_addr.s_addr) >> IN_CLASSA_NSHIFT) == IN_LOOPBACKNET;
}

// A host that lost its power says nothing; by itself TCP would wait 15 minutes for it, and for
// ever where nothing is left to be sent. Source: tcp(7).
void notice_silence(const uv_stream_t* handle) noexcept {
  uv_os_fd_t socket = -1;
  if (uv_fileno(reinterpret_cast<const uv_handle_t*>(handle), &socket) != 0) return;
  const auto set = [socket](int level, int option, int value) {
    ::setsockopt(socket, level, option, &value, sizeof(value));
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, kQuietSeconds);
  set(IPPROTO_TCP, TCP_KEEPINTVL, kAskAgainSeconds);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, kSilentMillis);
}

Error dial_error(const Address& address, int code) {
  const std::string kind = address.is_unix() ? "unix " : "tcp ";
  return {Code::kUnavailable, "dial " + kind + address.text() + ": connect: " + uv_strerror(code)};
}

Task<Result<std::unique_ptr<Socket>>> finish(UvLoop* loop, Ctx ctx, ConnectRequest* request,
                                             Address address) {
  ParkAwaiter connected{*request, ctx, request->result != 0};
  co_await connected;
  if (ctx.cancelled()) co_return ctx.error();
  if (request->result != 0) co_return dial_error(address, request->result);
  co_return std::make_unique<Socket>(*loop, std::move(request->handle));
}

Task<Result<std::unique_ptr<Socket>>> connect_unix(UvLoop* loop, Ctx ctx, Address address) {
  if (address.path.size() > kMaxPath) {
    co_return Error{Code::kInvalidArgument, "socket path " + address.path + " is longer than " +
                                                std::to_string(kMaxPath) + " bytes; shorten it"};
  }
  if (ctx.cancelled()) co_return ctx.error();
  ConnectRequest request(*loop, true);
  uv_pipe_connect(&request.request, reinterpret_cast<uv_pipe_t*>(request.handle.get()),
                  address.path.c_str(), ConnectRequest::done);
  co_return co_await finish(loop, ctx, &request, address);
}

Task<Result<std::unique_ptr<Socket>>> connect_ip(UvLoop* loop, Ctx ctx, Address address,
                                                 sockaddr_storage target) {
  if (ctx.cancelled()) co_return ctx.error();
  ConnectRequest request(*loop, false);
  request.result =
      uv_tcp_connect(&request.request, reinterpret_cast<uv_tcp_t*>(request.handle.get()),
                     reinterpret_cast<const sockaddr*>(&target), ConnectRequest::done);
  if (request.result == 0 && !is_loopback(target)) notice_silence(request.handle.get());
  co_return co_await finish(loop, ctx, &request, address);
}

bool parse_ip(const Address& address, sockaddr_storage& out) {
  return uv_ip4_addr(address.host.c_str(), address.port, reinterpret_cast<sockaddr_in*>(&out)) ==
             0 ||
         uv_ip6_addr(address.host.c_str(), address.port, reinterpret_cast<sockaddr_in6*>(&out)) ==
             0;
}

// Blocks; for a worker.
Result<std::vector<sockaddr_storage>> resolve(const Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failure =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (failure != 0) {
    const bool unknown = failure == EAI_NONAME;
    return Error{unknown ? Code::kNotFound : Code::kUnavailable,
                 "dial tcp: lookup " + address.host + ": " +
                     (unknown ? "no such host" : gai_strerror(failure))};
  }
  std::vector<sockaddr_storage> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    sockaddr_storage address_bytes{};
    std::memcpy(&address_bytes, entry->ai_addr, entry->ai_addrlen);
    addresses.push_back(address_bytes);
  }
  freeaddrinfo(found);
  return addresses;
}

// One address of several that a name has: where it does not answer, there is time for the next.
Task<Result<std::unique_ptr<Socket>>> connect_in_turn(UvLoop* loop, Ctx ctx, Address address,
                                                      sockaddr_storage target) {
  DeadlineScope limit(*loop, ctx, kEachOfMany);
  auto socket = co_await connect_ip(loop, limit.ctx(), address, target);
  const bool is_late = !socket && limit.ctx().cancelled() && !ctx.cancelled();
  if (is_late) co_return dial_error(address, UV_ETIMEDOUT);
  co_return socket;
}

Task<Result<std::unique_ptr<Socket>>> connect_host(UvLoop* loop, Ctx ctx, Address address) {
  auto lookup = [address] { return resolve(address); };
  using Found = Result<std::vector<sockaddr_storage>>;
  auto looked_up = co_await run_blocking_or_abandon<Found>(*loop, ctx, lookup);
  if (!looked_up) co_return looked_up.error();
  const Found found = std::move(*looked_up);
  if (!found) co_return found.error();
  if (found->empty()) {
    co_return Error{Code::kNotFound, "dial tcp: lookup " + address.host + ": no such host"};
  }
  for (std::size_t at = 0; at + 1 < found->size(); ++at) {
    auto socket = co_await connect_in_turn(loop, ctx, address, (*found)[at]);
    if (socket || ctx.cancelled()) co_return socket;
  }
  co_return co_await connect_ip(loop, ctx, address, found->back());
}

}  // namespace

std::string Address::text() const {
  if (is_unix()) return path;
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Task<Result<std::unique_ptr<Socket>>> connect(UvLoop& loop, Ctx ctx, Address address) {
  if (address.is_unix()) return connect_unix(&loop, ctx, std::move(address));
  sockaddr_storage literal{};
  if (parse_ip(address, literal)) return connect_ip(&loop, ctx, std::move(address), literal);
  return connect_host(&loop, ctx, std::move(address));
}

}  // namespace edge
