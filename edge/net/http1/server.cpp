#include "edge/net/http1/server.h"

#include <array>

#include "edge/base/log.h"
#include "edge/net/http1/server_connection.h"

namespace edge::http1 {
namespace {

constexpr std::size_t kSpareStates = 64;
constexpr std::size_t kKeptBytes = 4096;

// How many connections over the limit are told so; further ones are dropped.
constexpr std::size_t kRefusedAtOnce = 32;

}  // namespace

Server::Server(UvLoop& loop, std::unique_ptr<Listener> listener, Handler& handler,
               ServerLimits limits, Admission admission)
    : loop_(loop),
      listener_(std::move(listener)),
      handler_(handler),
      limits_(limits),
      admission_(std::move(admission)),
      accepting_(loop, "http accept"),
      connections_(loop, "http connections") {}

Server::~Server() = default;

std::unique_ptr<ServerConnectionState> Server::take_state() {
  if (spare_.empty()) return std::make_unique<ServerConnectionState>();
  auto state = std::move(spare_.back());
  spare_.pop_back();
  return state;
}

void Server::keep_state(std::unique_ptr<ServerConnectionState> state) {
  if (spare_.size() >= kSpareStates) return;
  state->head.clear();
  if (state->answer.capacity() > kKeptBytes) state->answer = std::string();
  spare_.push_back(std::move(state));
}

std::string_view Server::date() {
  const WallTime now = loop_.wall_now();
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  if (date_.empty() || second != date_second_) {
    date_ = http_date(now);
    date_second_ = second;
  }
  return date_;
}

void Server::start() {
  accepting_.spawn(accept_all());
}

Task<void> Server::accept_all() {
  const Ctx ctx = accepting_.ctx();
  while (true) {
    auto socket = co_await listener_->accept(ctx);
    if (!socket) co_return;
    const std::string reason = admission_ ? admission_(**socket) : "";
    if (!reason.empty()) {
      log::warn("edge.http", "connection refused", {{"reason", reason}});
    } else if (open_.size() >= limits_.connections) {
      const bool crowded = connections_.running() >= limits_.connections + kRefusedAtOnce;
      if (!crowded) connections_.spawn(refuse(std::move(*socket)));
    } else {
      connections_.spawn(serve(std::move(*socket)));
    }
  }
}

Task<void> Server::serve(std::unique_ptr<Socket> socket) {
  const Ctx ctx = connections_.ctx();
  auto connection = std::make_unique<ServerConnection>(*this, std::move(socket));
  co_await connection->run(ctx);
  if (!connection->speaks_other()) co_return;
  const auto request = connection->take_request();
  socket = connection->take_socket();
  connection.reset();
  co_await other_->serve(ctx, std::move(socket), request ? &request->head : nullptr);
}

Task<void> Server::refuse(std::unique_ptr<Socket> socket) {
  const std::array<std::string_view, 1> answer = {
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 27\r\n"
      "Connection: close\r\n\r\ntoo many open connections.\n"};
  DeadlineScope limit(loop_, connections_.ctx(), limits_.orphan_time);
  auto written = co_await socket->write(limit.ctx(), answer);
  if (!written) co_return;
  // Closed with bytes unread, the connection would be reset and could lose the answer.
  auto shut = co_await socket->shutdown_write(limit.ctx());
  if (!shut) co_return;
  while (true) {
    auto filled = co_await socket->fill(limit.ctx());
    if (!filled || *filled == Fill::kEnd) co_return;
    socket->consume(socket->pending().size());
  }
}

void Server::begin_stop() noexcept {
  draining_ = true;
  listener_->stop();
}

Task<void> Server::stop(Ctx ctx) {
  begin_stop();
  co_await accepting_.close();
  for (auto* connection : open_) connection->drain();
  if (other_ != nullptr) other_->drain();
  co_await connections_.wait(ctx);
}

}  // namespace edge::http1
