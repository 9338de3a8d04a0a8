#include "edge/net/http1/client.h"

#include <array>

#include "edge/net/http1/client_pool.h"
#include "edge/net/http1/text.h"

namespace edge::http1 {
namespace {

// A body in hand up to here goes out with the head, before the answer is looked for.
constexpr std::size_t kTogether = std::size_t{64} * 1024;

}  // namespace

void frame(ClientRequest& request, std::size_t first_bytes) {
  const auto length = request.body->finished() ? first_bytes : request.body->length();
  request.chunked = !length;
  if (request.chunked) {
    request.head.append("Transfer-Encoding: chunked\r\n");
  } else if (*length > 0 || request.says_length) {
    append_length(request.head, *length);
  }
  request.head.append("\r\n");
}

ClientExchange::ClientExchange(Loop& loop, ClientPool& pool, Connection connection)
    : loop_(loop), pool_(pool), connection_(std::move(connection)), head_(pool.take_head()) {}

ClientExchange::~ClientExchange() {
  pool_.keep_head(std::move(head_));
}

Task<Status> ClientExchange::start(Ctx ctx, const ClientRequest* request, std::string_view first) {
  ByteStream& stream = *connection_.stream;
  const bool together = first.size() <= kTogether;
  chunked_ = request->chunked;
  auto sent = co_await write_piece(ctx, request->head, together ? first : std::string_view());
  // An app may refuse early, answer and close: its answer counts.
  if (!sent && sent.error().code != Code::kUnavailable) co_return sent;
  request_sent_ = sent && together && request->body->finished();
  if (sent && !request_sent_) {
    // The answer may come before the body is through: send it beside.
    pump_.emplace(loop_, "request body", ctx);
    pump_->spawn(pump_body(request->body, together ? std::string_view() : first));
  }
  while (true) {
    auto whole = parse_head(request->answering);
    if (!whole) co_return failure(ctx, whole.error());
    if (*whole) co_return Status();
    if (stream.pending().size() >= BufferPool::kSmall) {
      stream.reserve(pool_.limits_.header_bytes + 4);
    }
    auto filled = co_await stream.fill(ctx);
    if (!filled) co_return failure(ctx, filled.error());
    if (*filled == Fill::kEnd) co_return failure(ctx, {Code::kUnavailable, "EOF"});
  }
}

Status ClientExchange::failure(const Ctx& ctx, const Error& seen) const {
  if (ctx.cancelled()) return ctx.error();
  return source_failure_ ? *source_failure_ : seen;
}

Result<bool> ClientExchange::parse_head(Answering answering) {
  ByteStream& stream = *connection_.stream;
  while (!stream.pending().empty()) {
    answer_began_ = true;
    auto progress = parse_response(stream.pending(), pool_.limits_.header_bytes, answering, *head_);
    if (!progress) return progress.error();
    if (!progress->complete) return false;
    stream.consume(progress->size);
    // Interim answers are skipped. Source: RFC 9110 §15.2.
    if (head_->status < 200 && head_->status != 101) continue;
    body_.start(stream, *head_);
    answered_ = true;
    return true;
  }
  return false;
}

Task<void> ClientExchange::pump_body(ByteSource* source, std::string_view first) {
  const Ctx ctx = pump_->ctx();
  const std::string_view no_head;
  std::string_view piece = first;
  while (true) {
    auto written = co_await write_piece(ctx, no_head, piece);
    if (!written) co_return;  // the app may have answered early; its answer counts
    if (source->finished()) break;
    auto next = co_await source->read(ctx);
    if (!next) {
      // The app must not take a part for the whole.
      source_failure_ = next.error();
      if (!ctx.cancelled()) connection_.stream->close();
      co_return;
    }
    if (next->empty()) break;
    piece = *next;
  }
  if (chunked_) {
    const std::array<std::string_view, 1> parts = {kLastChunk};
    auto ended = co_await connection_.stream->write(ctx, parts);
    if (!ended) co_return;
  }
  request_sent_ = true;
}

Async<Status> ClientExchange::write_piece(Ctx ctx, std::string_view head, std::string_view piece) {
  parts_ = {head, {}, piece, {}};
  if (chunked_ && !piece.empty()) {
    line_ = ChunkLine(piece.size());
    parts_[1] = line_.text();
    parts_[3] = kChunkEnd;
  }
  return connection_.stream->write(ctx, parts_);
}

Async<void> ClientExchange::close() {
  if (pump_) return close_pump();
  give_back();
  return {};
}

Task<void> ClientExchange::close_pump() {
  co_await pump_->close();
  give_back();
}

void ClientExchange::give_back() {
  // The end of an answer that is in hand is no reason to lose the connection.
  if (answered_) body_.take_ready();
  body_.release();
  const bool reusable = request_sent_ && answered_ && head_->keep_alive && body_.finished() &&
                        !body_.failed() && connection_.stream != nullptr &&
                        !connection_.stream->ended();
  if (reusable) pool_.keep(std::move(connection_.stream));
}

}  // namespace edge::http1
