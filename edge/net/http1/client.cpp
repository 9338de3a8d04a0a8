#include "edge/net/http1/client.h"

#include <array>

#include "edge/net/http1/client_pool.h"
#include "edge/net/http1/text.h"

namespace edge::http1 {

ClientExchange::ClientExchange(Loop& loop, ClientPool& pool, Connection connection)
    : loop_(loop), pool_(pool), connection_(std::move(connection)), body_(*connection_.stream) {}

ClientExchange::~ClientExchange() = default;

Task<Status> ClientExchange::start(Ctx ctx, const ClientRequest* request, std::string_view first) {
  auto sent = co_await send_head(ctx, request, first);
  if (!sent) co_return sent;
  if (request->body->finished()) {
    request_sent_ = true;
    co_return co_await read_head(ctx, request->answering);
  }
  // The answer may come before the body is through: send it beside.
  scope_.emplace(ctx);
  pump_.emplace(loop_, "request body", scope_->ctx());
  pump_->spawn(pump_body(request->body));
  co_return co_await read_head(scope_->ctx(), request->answering);
}

Task<Status> ClientExchange::send_head(Ctx ctx, const ClientRequest* request,
                                       std::string_view first) {
  const bool complete = request->body->finished();
  const auto length = complete ? first.size() : request->body->length();
  chunked_ = !length;
  std::string head = request->head;
  if (chunked_) {
    head.append("Transfer-Encoding: chunked\r\n");
  } else if (*length > 0 || request->says_length) {
    append_header(head, "Content-Length", std::to_string(*length));
  }
  head.append("\r\n");
  const ChunkLine line(first.size());
  const bool framed = chunked_ && !first.empty();
  const std::array<std::string_view, 4> parts = {head, framed ? line.text() : std::string_view(),
                                                 first, framed ? kChunkEnd : std::string_view()};
  co_return co_await connection_.stream->write(ctx, parts);
}

Task<Status> ClientExchange::read_head(Ctx ctx, Answering answering) {
  ByteStream& stream = *connection_.stream;
  const std::size_t limit = pool_.limits_.header_bytes;
  std::size_t seen = 0;
  while (true) {
    const auto pending = stream.pending();
    if (pending.size() > seen) {
      answer_began_ = true;
      seen = pending.size();
      auto progress = parse_response(pending, limit, answering, head_);
      if (!progress) co_return progress.error();
      if (progress->complete) {
        stream.consume(progress->size);
        seen = 0;
        // Interim answers are skipped. Source: RFC 9110 §15.2.
        if (head_.status < 200 && head_.status != 101) continue;
        body_.start(head_);
        co_return Status();
      }
    }
    if (seen >= BufferPool::kSmall) stream.reserve(limit + 4);
    auto filled = co_await stream.fill(ctx);
    if (!filled) co_return filled.error();
    if (*filled == Fill::kEnd) co_return Error{Code::kUnavailable, "EOF"};
  }
}

Task<void> ClientExchange::pump_body(ByteSource* source) {
  const Ctx ctx = pump_->ctx();
  while (!source->finished()) {
    auto piece = co_await source->read(ctx);
    if (!piece) {
      // The client cut its request off: the app must not take a part for the whole.
      scope_->cancel();
      co_return;
    }
    if (piece->empty()) break;
    auto written = co_await write_piece(ctx, *piece);
    if (!written) co_return;  // the app may have answered early; its answer counts
  }
  if (chunked_) {
    const std::array<std::string_view, 1> parts = {kLastChunk};
    auto ended = co_await connection_.stream->write(ctx, parts);
    if (!ended) co_return;
  }
  request_sent_ = true;
}

Task<Status> ClientExchange::write_piece(Ctx ctx, std::string_view piece) {
  const ChunkLine line(piece.size());
  const std::array<std::string_view, 3> parts = {chunked_ ? line.text() : std::string_view(), piece,
                                                 chunked_ ? kChunkEnd : std::string_view()};
  co_return co_await connection_.stream->write(ctx, parts);
}

Task<void> ClientExchange::close() {
  if (pump_) co_await pump_->close();
  body_.release();
  const bool reusable = request_sent_ && answer_began_ && head_.keep_alive && body_.finished() &&
                        !body_.failed() && connection_.stream != nullptr &&
                        !connection_.stream->ended();
  if (reusable) pool_.keep(std::move(connection_.stream));
}

}  // namespace edge::http1
