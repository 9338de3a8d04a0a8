#include "edge/net/http1/client_pool.h"

#include <algorithm>

namespace edge::http1 {
namespace {

constexpr std::size_t kSpareHeads = 64;
constexpr std::size_t kUsualHead = 960;
constexpr std::size_t kKeptBytes = 4096;

}  // namespace

ClientPool::ClientPool(UvLoop& loop, std::unique_ptr<Dialer> dialer, PoolLimits limits)
    : Timer(loop), loop_(loop), dialer_(std::move(dialer)), limits_(limits) {}

ClientPool::~ClientPool() = default;

Async<Result<Connection>> ClientPool::connect(Ctx ctx) {
  while (!idle_.empty()) {
    auto stream = std::move(idle_.back().stream);
    idle_.pop_back();
    // Bytes without a request (a late 408, say) make a connection as useless as its end.
    if (stream->ended() || !stream->pending().empty()) continue;
    stream->on_ended(nullptr);
    return Result<Connection>(Connection{std::move(stream), true});
  }
  return dial(ctx);
}

Task<Result<Connection>> ClientPool::dial(Ctx ctx) {
  DeadlineScope limit(loop_, ctx, limits_.dial_time);
  auto stream = co_await dialer_->dial(limit.ctx());
  if (!stream && limit.ctx().cancelled() && !ctx.cancelled()) {
    co_return Error{Code::kUnavailable,
                    "dial: no connection within " + format_duration(limits_.dial_time)};
  }
  if (!stream) co_return stream.error();
  co_return Connection{std::move(*stream), false};
}

Task<Result<std::unique_ptr<ClientExchange>>> ClientPool::exchange(Ctx ctx, Connection connection,
                                                                   ClientRequest request) {
  const std::string_view first = request.body->take_ready();
  frame(request, first.size());
  const bool repeatable = request.idempotent && request.body->finished();
  while (true) {
    const bool reused = connection.reused;
    auto exchange = std::make_unique<ClientExchange>(loop_, *this, std::move(connection));
    auto started = co_await exchange->start(ctx, &request, first);
    if (started) {
      keep_buffer(std::move(request.head));
      co_return exchange;
    }
    const bool again = reused && repeatable && !exchange->answer_began_ && !ctx.cancelled() &&
                       started.error().code == Code::kUnavailable;
    co_await exchange->close();
    if (!again) co_return started.error();
    auto fresh = co_await dial(ctx);
    if (!fresh) co_return fresh.error();
    connection = std::move(*fresh);
  }
}

std::unique_ptr<Head> ClientPool::take_head() {
  if (spare_heads_.empty()) return std::make_unique<Head>();
  auto head = std::move(spare_heads_.back());
  spare_heads_.pop_back();
  return head;
}

void ClientPool::keep_head(std::unique_ptr<Head> head) {
  if (spare_heads_.size() >= kSpareHeads) return;
  head->clear();
  spare_heads_.push_back(std::move(head));
}

std::string ClientPool::take_buffer() {
  std::string buffer;
  if (!spare_buffers_.empty()) {
    buffer = std::move(spare_buffers_.back());
    spare_buffers_.pop_back();
    buffer.clear();
  }
  buffer.reserve(kUsualHead);
  return buffer;
}

void ClientPool::keep_buffer(std::string buffer) {
  if (spare_buffers_.size() >= kSpareHeads || buffer.capacity() > kKeptBytes) return;
  spare_buffers_.push_back(std::move(buffer));
}

void ClientPool::keep(std::unique_ptr<ByteStream> stream) {
  if (idle_.size() >= limits_.idle_connections || !stream->pending().empty()) return;
  const TimePoint now = loop_.now();
  stream->on_ended(this);
  idle_.push_back({std::move(stream), now});
  if (!armed()) arm(now + limits_.idle_time);
}

void ClientPool::expired() noexcept {
  const TimePoint oldest = loop_.now() - limits_.idle_time;
  std::erase_if(
      idle_, [oldest](const Idle& idle) { return idle.stream->ended() || idle.since <= oldest; });
  if (!idle_.empty()) arm(idle_.front().since + limits_.idle_time);
}

}  // namespace edge::http1
