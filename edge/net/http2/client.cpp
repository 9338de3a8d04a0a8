#include "edge/net/http2/client.h"

#include <algorithm>
#include <utility>

namespace edge::http2 {

Client::Connection::Connection(Client& owner, std::unique_ptr<ByteStream> wire)
    : client(owner),
      session(owner.loop_, std::move(wire), owner.limits_, Session::Role::kClient, *this),
      place(owner.open_.insert(owner.open_.end(), this)) {}

Client::Connection::~Connection() {
  client.open_.erase(place);
}

bool Client::Connection::has_room() const noexcept {
  const std::size_t most = std::min(session.peer_streams(), client.limits_.streams);
  return session.opened() && !session.going() && session.streams() < most;
}

Client::Client(UvLoop& loop, std::unique_ptr<Dialer> dialer, ClientLimits limits)
    : loop_(loop),
      dialer_(std::move(dialer)),
      limits_(limits),
      changed_(loop),
      group_(loop, "http2 client") {}

Client::~Client() = default;

Task<void> Client::close() {
  co_await group_.close();
}

Client::Connection* Client::with_room() noexcept {
  const auto found = std::ranges::find_if(
      open_, [](const Connection* connection) { return connection->has_room(); });
  return found == open_.end() ? nullptr : *found;
}

Task<Result<ClientStream>> Client::open(Ctx ctx, const RequestHead* head, Follows follows) {
  const std::uint64_t failures = failures_;
  while (true) {
    if (ctx.cancelled()) co_return ctx.error();
    if (Connection* connection = with_room()) {
      auto stream = connection->session.open(*head, follows);
      if (!stream) co_return stream.error();
      co_return ClientStream(std::move(*stream));
    }
    if (failures_ != failures) co_return last_failure_;
    if (group_.ctx().cancelled()) {
      co_return Error{Code::kUnavailable, "the HTTP/2 client has been closed"};
    }
    const auto taking = std::ranges::count_if(
        open_, [](const Connection* connection) { return !connection->session.going(); });
    const bool may_dial = !dialing_ && static_cast<std::size_t>(taking) < limits_.connections;
    if (may_dial) {
      dialing_ = true;
      group_.spawn(connect());
      continue;
    }
    auto waited = co_await changed_.wait(ctx);
    if (!waited) co_return waited.error();
  }
}

// Dials for whoever waits, and speaks until the connection ends.
Task<void> Client::connect() {
  DeadlineScope limit(loop_, group_.ctx(), limits_.dial_time);
  auto wire = co_await dialer_->dial(limit.ctx());
  limit.disarm();
  if (!wire) {
    dialed(wire.error());
    co_return;
  }
  bool opened = false;
  {
    Connection connection(*this, std::move(*wire));
    co_await connection.session.run(group_.ctx());
    opened = connection.counted;
  }
  if (opened) {
    changed_.set();
    changed_.reset();
  } else {
    dialed(Error{Code::kUnavailable, "the other end does not speak HTTP/2"});
  }
}

void Client::connection_changed(Connection& connection) noexcept {
  if (!connection.counted && connection.session.opened()) {
    connection.counted = true;
    dialed(std::nullopt);
    return;
  }
  changed_.set();
  changed_.reset();
}

void Client::dialed(std::optional<Error> failure) {
  dialing_ = false;
  if (failure) {
    ++failures_;
    last_failure_ = std::move(*failure);
  }
  changed_.set();
  changed_.reset();
}

}  // namespace edge::http2
