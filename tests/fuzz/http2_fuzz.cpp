// Any bytes as what a client says on an HTTP/2 connection: it ends, and nothing is left running.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "edge/base/log.h"
#include "edge/net/http2/session.h"

namespace edge::http2 {
namespace {

constexpr std::size_t kPiece = 1000;

// Gives bytes in pieces, then its end; takes what is written.
class FuzzStream final : public ByteStream {
 public:
  FuzzStream(BufferPool& pool, std::string_view bytes) : ByteStream(pool), left_(bytes) {}
  void consume(std::size_t bytes) noexcept override { in_.consume(bytes); }
  Async<Result<Fill>> fill(Ctx) override {
    const auto piece = left_.substr(0, kPiece);
    left_.remove_prefix(piece.size());
    auto space = in_.space();
    if (space.size() < piece.size()) std::abort();
    std::ranges::copy(piece, space.begin());
    in_.commit(piece.size());
    ended_ = piece.empty();
    return Result<Fill>(ended_ ? Fill::kEnd : Fill::kMore);
  }
  Async<Status> write(Ctx, std::span<const std::string_view>) override { return Status(); }
  Task<Status> shutdown_write(Ctx) override { co_return Status(); }
  void close() noexcept override { ended_ = true; }
  [[nodiscard]] bool ended() const noexcept override { return ended_; }

 private:
  std::string_view left_;
  bool ended_ = false;
};

// Echoes what comes.
class Echo final : public Session::Owner {
 public:
  explicit Echo(Loop& loop) : handlers(loop, "fuzz") {}
  void request_came(StreamPtr stream) override { handlers.spawn(serve(std::move(stream))); }
  [[nodiscard]] bool takes_stream() noexcept override { return handlers.running() < 20; }
  void changed() noexcept override {}
  TaskGroup handlers;

 private:
  Task<void> serve(StreamPtr stream) {
    const Ctx ctx = handlers.ctx();
    auto answered = stream->answer(200, {}, Follows::kBody);
    while (answered && !stream->body().finished()) {
      auto piece = co_await stream->body().read(ctx);
      if (!piece) break;
      answered = co_await stream->write(ctx, *piece);
    }
    if (answered) answered = co_await stream->end(ctx, "", &stream->trailers());
    stream->release();
  }
};

Task<void> speak(UvLoop* loop, std::string_view bytes) {
  Echo echo(*loop);
  const Limits limits{.streams = 20, .header_bytes = 2048};
  Session session(*loop, std::make_unique<FuzzStream>(loop->buffers(), bytes), limits,
                  Session::Role::kServer, echo);
  co_await session.run(Ctx::background());
  if (session.streams() != 0) std::abort();
  co_await echo.handlers.close();
}

}  // namespace
}  // namespace edge::http2

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  edge::log::capture([](std::string_view) {});
  edge::UvLoop loop;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  run(loop, edge::http2::speak(&loop, bytes));
  return 0;
}
