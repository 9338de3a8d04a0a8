#include "tests/edge/net/http2/raw_peer.h"

#include <span>
#include <stdexcept>

namespace edge::http2::test {
namespace {

constexpr std::size_t kHeadBytes = 9;

std::uint32_t parse(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

}  // namespace

Task<void> RawPeer::open() {
  DeadlineScope limit(loop_, Ctx::background(), edge::test::kLimit);
  auto socket = co_await connect(loop_, limit.ctx(), address_);
  if (!socket) throw std::runtime_error(socket.error().message);
  socket_ = std::move(*socket);
}

Task<void> RawPeer::send(std::string bytes) {
  DeadlineScope limit(loop_, Ctx::background(), edge::test::kLimit);
  const std::string_view part = bytes;
  const Status sent = co_await socket_->write(limit.ctx(), std::span(&part, 1));
  if (!sent && sent.error().code != Code::kUnavailable) {
    throw std::runtime_error(sent.error().message);
  }
}

Task<bool> RawPeer::read(std::size_t bytes) {
  DeadlineScope limit(loop_, Ctx::background(), edge::test::kLimit);
  while (socket_->pending().size() < bytes) {
    auto filled = co_await socket_->fill(limit.ctx());
    if (!filled && filled.error().code != Code::kUnavailable) {
      throw std::runtime_error("the server did not answer in time");
    }
    reset_ = !filled;
    if (!filled || *filled == Fill::kEnd) co_return false;
  }
  co_return true;
}

Frame RawPeer::take() {
  const auto bytes = socket_->pending();
  Frame taken;
  const std::size_t size = parse(bytes.substr(0, 3));
  taken.type = static_cast<std::uint8_t>(bytes[3]);
  taken.flags = static_cast<std::uint8_t>(bytes[4]);
  taken.stream = parse(bytes.substr(5, 4));
  taken.payload = bytes.substr(kHeadBytes, size);
  socket_->consume(kHeadBytes + size);
  return taken;
}

Task<Frame> RawPeer::next() {
  const bool head = co_await read(kHeadBytes);
  if (!head) throw std::runtime_error("the connection ended");
  const bool whole = co_await read(kHeadBytes + parse(socket_->pending().substr(0, 3)));
  if (!whole) throw std::runtime_error("the connection ended within a frame");
  co_return take();
}

Task<Talk> RawPeer::rest() {
  Talk talk;
  while (true) {
    const bool head = co_await read(kHeadBytes);
    if (!head) break;
    const bool whole = co_await read(kHeadBytes + parse(socket_->pending().substr(0, 3)));
    if (!whole) break;
    talk.frames.push_back(take());
  }
  talk.ended = !reset_;
  co_return talk;
}

Task<Talk> RawPeer::talk(std::string bytes) {
  co_await open();
  co_await send(std::move(bytes));
  co_return co_await rest();
}

}  // namespace edge::http2::test
