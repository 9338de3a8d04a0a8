#include "edge/net/tls/tls_stream.h"

#include <utility>

#include "edge/net/tls/engine.h"

namespace edge::tls {
namespace {

// So much is encrypted before it is written out.
constexpr std::size_t kFlushAt = std::size_t{48} * 1024;

// Cuts the parts of a write into records: a head and a short body share one.
class Records {
 public:
  explicit Records(std::span<const std::string_view> parts) noexcept : parts_(parts) {
    skip_empty();
  }

  [[nodiscard]] bool done() const noexcept { return parts_.empty(); }

  // The next record's bytes, at most `most`; valid until the next call.
  std::string_view next(std::size_t most) {
    const std::size_t left = parts_.front().size() - offset_;
    if (parts_.size() == 1 || left >= most) return take(most);
    gathered_.clear();
    while (!done() && gathered_.size() < most) gathered_ += take(most - gathered_.size());
    return gathered_;
  }

 private:
  std::string_view take(std::size_t most) noexcept {
    const auto piece = parts_.front().substr(offset_, most);
    offset_ += piece.size();
    skip_empty();
    return piece;
  }
  void skip_empty() noexcept {
    while (!parts_.empty() && offset_ == parts_.front().size()) {
      parts_ = parts_.subspan(1);
      offset_ = 0;
    }
  }

  std::span<const std::string_view> parts_;
  std::size_t offset_ = 0;
  std::string gathered_;
};

}  // namespace

TlsStream::TlsStream(UvLoop& loop, std::unique_ptr<ByteStream> inner,
                     std::shared_ptr<const void> context)
    : ByteStream(loop.buffers()),
      context_(std::move(context)),
      engine_(std::make_unique<Engine>()),
      inner_(std::move(inner)) {}

TlsStream::~TlsStream() = default;

void TlsStream::established() {
  inner_->on_ended(this);
}

void TlsStream::decrypt() {
  while (state_ == State::kOpen && !in_.full()) {
    if (inner_->pending().empty() && !engine_->has_plaintext() && !inner_ended_) return;
    const auto space = in_.space();
    engine_->lend(inner_->pending(), inner_ended_ ? Input::kEnded : Input::kOpen);
    const auto read = engine_->read(space);
    inner_->consume(engine_->taken());
    in_.commit(read.bytes);
    if (read.end == Engine::ReadEnd::kNone) continue;
    in_.release_if_empty();
    if (read.end == Engine::ReadEnd::kWantsInput) return;
    state_ = read.end == Engine::ReadEnd::kClosed ? State::kEnded : State::kFailed;
    notify_ended();
  }
}

Task<Result<Fill>> TlsStream::read_and_decrypt(Ctx ctx) {
  const std::size_t before = pending().size();
  while (true) {
    decrypt();
    if (pending().size() > before) co_return Fill::kMore;
    if (state_ == State::kEnded) co_return Fill::kEnd;
    if (state_ == State::kFailed) {
      // The peer is told why, where that is still possible.
      [[maybe_unused]] const Status told = co_await flush(ctx);
      co_return engine_->failure().within("tls");
    }
    if (in_.full()) co_return Error{Code::kResourceExhausted, "read: the buffer is full"};
    const auto filled = co_await inner_->fill(ctx);
    if (!filled) co_return filled.error();
    if (*filled == Fill::kEnd) inner_ended_ = true;
  }
}

Task<Status> TlsStream::encrypt_and_write(Ctx ctx, std::span<const std::string_view> parts) {
  if (ctx.cancelled()) co_return ctx.error();
  if (state_ == State::kClosed) co_return Error{Code::kCancelled, "write: closed"};
  Records records(parts);
  while (!records.done()) {
    while (!records.done() && engine_->output_size() < kFlushAt) {
      auto encrypted = engine_->write(records.next(engine_->max_piece()));
      if (!encrypted) co_return encrypted.error().within("tls");
    }
    auto sent = co_await flush(ctx);
    if (!sent) {
      close();  // a record that was begun cannot be taken back
      co_return sent;
    }
  }
  co_return Status();
}

// One at a time: whoever flushes takes along what the other direction adds meanwhile.
Task<Status> TlsStream::flush(Ctx ctx) {
  if (flushing_) co_return Status();
  flushing_ = true;
  Status result;
  while (result && engine_->output_size() > 0) {
    const std::string flight = engine_->take_output();
    const std::string_view part = flight;
    result = co_await inner_->write(ctx, std::span(&part, 1));
  }
  flushing_ = false;
  co_return result;
}

Task<Status> TlsStream::shutdown_write(Ctx ctx) {
  if (state_ == State::kClosed) co_return Error{Code::kCancelled, "shutdown: closed"};
  engine_->close_notify();
  const Status sent = co_await flush(ctx);
  if (!sent) co_return sent;
  co_return co_await inner_->shutdown_write(ctx);
}

void TlsStream::close() noexcept {
  state_ = State::kClosed;
  inner_->close();
}

bool TlsStream::ended() const noexcept {
  return state_ != State::kOpen || inner_->ended();
}

std::string_view TlsStream::alpn() const noexcept {
  return engine_->alpn();
}

bool TlsStream::resumed() const noexcept {
  return engine_->resumed();
}

}  // namespace edge::tls
