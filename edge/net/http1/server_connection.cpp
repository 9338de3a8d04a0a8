#include "edge/net/http1/server_connection.h"

#include <array>
#include <utility>

#include "edge/base/log.h"
#include "edge/net/http1/text.h"

namespace edge::http1 {
namespace {

// A request body that a handler left is read away up to here, so that the connection can go on.
constexpr std::uint64_t kMaxDrain = std::uint64_t{256} * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::size_t kFramingBytes = 128;  // more than the lines that are added to a head

int refusal_status(Code code) {
  switch (code) {
    case Code::kResourceExhausted:
      return 431;
    case Code::kUnimplemented:
      return 505;
    case Code::kDeadlineExceeded:
      return 408;
    default:
      return 400;
  }
}

}  // namespace

ServerConnection::ServerConnection(Server& server, std::unique_ptr<Socket> socket)
    : Timer(server.loop_),
      server_(server),
      socket_(std::move(socket)),
      peer_host_(socket_->peer_host()),
      place_(server.open_.insert(server.open_.end(), this)) {
  socket_->limit_stall(server.limits_.stall_time);
}

ServerConnection::~ServerConnection() {
  server_.open_.erase(place_);
}

// An idle connection waits here: the frame holds little.
Task<void> ServerConnection::run(Ctx ctx) {
  while (true) {
    CancelScope scope(ctx);
    scope_ = &scope;
    enter(socket_->pending().empty() ? Phase::kIdle : Phase::kHead);
    Arrival arrival = parse_head();
    while (arrival == Arrival::kPart) {
      make_room();
      auto filled = co_await socket_->fill(scope.ctx());
      if (!filled || *filled == Fill::kEnd) break;
      arrival = parse_head();
    }
    if (arrival == Arrival::kOther) {
      speaks_other_ = true;
      break;
    }
    if (arrival != Arrival::kWhole) {
      const bool late = arrival == Arrival::kPart && timed_out_ && phase_ == Phase::kHead;
      if (late) refuse_with({Code::kDeadlineExceeded, "the header block did not come in time"});
      if (exchange_ && exchange_->refusal) co_await refuse(ctx);
      break;
    }
    co_await serve_one(scope.ctx());
    const bool reusable = exchange_->reusable && !scope.cancelled() && !server_.draining_;
    if (!reusable) {
      const bool more_comes = !exchange_->body.finished() || !socket_->pending().empty();
      if (more_comes) co_await linger(ctx);
      break;
    }
    server_.keep_state(std::move(exchange_));
  }
  scope_ = nullptr;
  disarm();
}

// A request that is served at once costs no timer: one that fires early looks at the deadline that
// is in force by then.
void ServerConnection::enter(Phase phase) {
  phase_ = phase;
  deadline_ = TimePoint::max();
  if (phase == Phase::kServing) return;
  const ServerLimits& limits = server_.limits_;
  const Duration time = phase == Phase::kIdle   ? limits.idle_time
                        : phase == Phase::kHead ? limits.header_time
                                                : limits.orphan_time;
  deadline_ = server_.loop_.now() + time;
  if (!armed() || when() > deadline_) arm(deadline_);
}

void ServerConnection::expired() noexcept {
  if (phase_ == Phase::kServing) return;
  if (server_.loop_.now() < deadline_) {
    arm(deadline_);
    return;
  }
  timed_out_ = true;
  const bool left = phase_ == Phase::kOrphan;
  if (scope_ != nullptr) scope_->cancel(left ? Code::kCancelled : Code::kDeadlineExceeded);
}

void ServerConnection::drain() noexcept {
  if (phase_ == Phase::kIdle && scope_ != nullptr) scope_->cancel();
}

void ServerConnection::client_left() noexcept {
  // A client that only ended its own side may still read the answer.
  if (phase_ == Phase::kServing) enter(Phase::kOrphan);
}

void ServerConnection::refuse_with(Error error) {
  if (!exchange_) exchange_ = server_.take_state();
  exchange_->refusal = std::move(error);
}

ServerConnection::Arrival ServerConnection::parse_head() {
  if (socket_->pending().empty()) return Arrival::kPart;
  if (!begun_ && server_.other_ != nullptr) {
    if (const Arrival preface = look_for_preface(); preface != Arrival::kNone) return preface;
  }
  if (!exchange_) exchange_ = server_.take_state();
  auto progress = parse_request(socket_->pending(), server_.limits_.header_bytes, exchange_->head);
  if (!progress) {
    refuse_with(progress.error());
    return Arrival::kNone;
  }
  if (progress->complete) {
    socket_->consume(progress->size);
    begun_ = true;
    const Head& head = exchange_->head;
    const bool asks = head.wants_upgrade && server_.other_ != nullptr;
    const bool follows = asks && head.framing == Framing::kNone && server_.other_->follows(head);
    return follows ? Arrival::kOther : Arrival::kWhole;
  }
  if (phase_ == Phase::kIdle) enter(Phase::kHead);
  return Arrival::kPart;
}

// kNone where the connection does not begin as HTTP/2 does. Source: RFC 9113 §3.3, §3.4.
ServerConnection::Arrival ServerConnection::look_for_preface() {
  const auto came = socket_->pending().substr(0, kHttp2Preface.size());
  if (!kHttp2Preface.starts_with(came)) return Arrival::kNone;
  if (came.size() == kHttp2Preface.size()) return Arrival::kOther;
  if (phase_ == Phase::kIdle) enter(Phase::kHead);
  return Arrival::kPart;
}

// A head that does not fit the read buffer gets a larger one.
void ServerConnection::make_room() {
  if (socket_->pending().size() < BufferPool::kSmall) return;
  socket_->reserve(server_.limits_.header_bytes + 4);
}

// Tells a client that its request cannot be read; nothing can follow it.
Task<void> ServerConnection::refuse(Ctx ctx) {
  const Error error = *exchange_->refusal;
  Response response;
  response.status = refusal_status(error.code);
  response.headers = "Content-Type: text/plain; charset=utf-8\r\n";
  exchange_->reusable = false;
  const std::string body = error.message + "\n";
  auto sent = co_await reply(ctx, std::move(response), body);
  if (sent) co_await linger(ctx);
}

void ServerConnection::begin_exchange() {
  ServerConnectionState& exchange = *exchange_;
  enter(Phase::kServing);
  exchange.started = false;
  exchange.sent = 0;
  exchange.reusable = exchange.head.keep_alive;
  exchange.body.start(*socket_, exchange.head);
  exchange.wants_continue = exchange.head.expects_continue && !exchange.body.finished();
  if (exchange.wants_continue) exchange.body.before_first_read(this);
  if (socket_->ended()) {
    client_left();
  } else {
    socket_->on_ended(this);
  }
}

Task<void> ServerConnection::serve_one(Ctx ctx) {
  begin_exchange();
  std::string failure;
  try {
    co_await server_.handler_.handle(ctx, this);
  } catch (const std::exception& thrown) {
    failure = thrown.what();
  } catch (...) {
    failure = "the handler threw something that is no exception";
  }
  if (!answered()) co_await answer_failure(ctx, std::move(failure));
  socket_->on_ended(nullptr);
  if (exchange_->reusable && !exchange_->body.finished()) co_await drain_body(ctx);
  exchange_->body.release();
}

Task<void> ServerConnection::answer_failure(Ctx ctx, std::string failure) {
  exchange_->reusable = false;
  if (ctx.cancelled()) co_return;
  if (failure.empty()) failure = "the handler gave no answer";
  log::error("edge.http", "request failed",
             {{"target", std::string(request().target)}, {"error", failure}});
  Response response;
  response.status = 500;
  response.headers = "Content-Type: application/json\r\n";
  auto sent = co_await reply(ctx, std::move(response),
                             R"({"errorCode":"ERROR","message":"internal error; see the log"})");
  if (!sent) log::debug("edge.http", "client is gone");
}

Task<Status> ServerConnection::before_first_read(Ctx ctx) {
  exchange_->wants_continue = false;
  if (exchange_->started) co_return Status();
  const std::array<std::string_view, 1> parts = {kContinue};
  co_return co_await socket_->write(ctx, parts);
}

Task<void> ServerConnection::drain_body(Ctx ctx) {
  ServerConnectionState& exchange = *exchange_;
  enter(Phase::kHead);
  std::uint64_t drained = exchange.body.take_ready().size();
  while (!exchange.body.finished() && drained <= kMaxDrain) {
    auto piece = co_await exchange.body.read(ctx);
    if (!piece) break;
    drained += piece->size();
  }
  exchange.reusable = exchange.body.finished() && !exchange.body.failed();
}

// Closing while the client still sends would reset the connection and could destroy the answer on
// its way: end our side, and read on for a while. Source: RFC 9112 §9.6.
Task<void> ServerConnection::linger(Ctx ctx) {
  if (socket_->ended()) co_return;
  auto shut = co_await socket_->shutdown_write(ctx);
  if (!shut) co_return;
  CancelScope scope(ctx);
  scope_ = &scope;
  enter(Phase::kClosing);
  std::uint64_t dropped = 0;
  while (dropped < 16 * kMaxDrain) {
    dropped += socket_->pending().size();
    if (!socket_->pending().empty()) socket_->consume(socket_->pending().size());
    auto filled = co_await socket_->fill(scope.ctx());
    if (!filled || *filled == Fill::kEnd) break;
  }
  scope_ = nullptr;
  disarm();
}

bool ServerConnection::has_body(int status) const noexcept {
  return status >= 200 && status != 204 && status != 304 && request().method != "HEAD";
}

void ServerConnection::make_head(const Response& response) {
  ServerConnectionState& exchange = *exchange_;
  const bool body_left =
      !exchange.body.finished() && exchange.body.length().value_or(kMaxDrain + 1) > kMaxDrain;
  const bool never_sent = exchange.wants_continue && !exchange.body.finished();
  if (body_left || never_sent || server_.draining_) exchange.reusable = false;
  exchange.answer.clear();
  exchange.answer.reserve(response.headers.size() + kFramingBytes);
  append_status_line(exchange.answer, response.status);
  exchange.answer.append(response.headers);
  add_framing(response);
  exchange.started = true;
}

void ServerConnection::add_framing(const Response& response) {
  ServerConnectionState& exchange = *exchange_;
  std::string& head = exchange.answer;
  exchange.chunked = false;
  if (response.length && response.status != 204 && response.status >= 200) {
    append_length(head, *response.length);
  } else if (!response.length && has_body(response.status)) {
    exchange.chunked = exchange.head.minor >= 1;
    if (exchange.chunked) head.append("Transfer-Encoding: chunked\r\n");
    if (!exchange.chunked) exchange.reusable = false;
  }
  if (!exchange.reusable) {
    head.append("Connection: close\r\n");
  } else if (exchange.head.minor == 0) {
    head.append("Connection: keep-alive\r\n");
  }
  head.append("\r\n");
}

Async<Status> ServerConnection::reply(Ctx ctx, Response response, std::string_view body) {
  // The length in a 304 would be that of the representation. Source: RFC 9110 §8.6.
  if (!response.length && response.status != 304) response.length = body.size();
  append_header(response.headers, "Date", server_.date());
  make_head(response);
  if (!has_body(response.status)) body = {};
  return write_answer(ctx, body);
}

Async<Status> ServerConnection::send(Ctx ctx, Response response, ByteSource* body) {
  const std::string_view first = body->take_ready();
  const bool with_body = has_body(response.status);
  const bool whole = body->finished();
  if (whole && !response.length && with_body) response.length = first.size();
  make_head(response);
  if (!with_body) return write_answer(ctx, {});
  if (whole && *response.length == first.size()) return write_answer(ctx, first);
  return end_write(send_body(ctx, first, response.length, body));
}

// Mostly the kernel takes all of it at once.
Async<Status> ServerConnection::write_answer(Ctx ctx, std::string_view body) {
  auto writing = write_piece(ctx, exchange_->answer, body);
  const Status* written = writing.ready();
  if (written != nullptr && *written) return writing;
  return end_write(std::move(writing));
}

Task<Status> ServerConnection::end_write(Async<Status> writing) {
  auto written = co_await writing;
  if (!written) {
    exchange_->reusable = false;
    socket_->close();
  }
  co_return written;
}

Task<Status> ServerConnection::send_body(Ctx ctx, std::string_view first,
                                         std::optional<std::uint64_t> length, ByteSource* body) {
  const Error wrong_length{Code::kInternal, "the body is not as long as the answer says"};
  std::uint64_t left = length.value_or(UINT64_MAX);
  std::string_view head = exchange_->answer;
  std::string_view piece = first;
  while (true) {
    if (piece.size() > left) co_return wrong_length;
    left -= piece.size();
    auto written = co_await write_piece(ctx, head, piece);
    if (!written) co_return written;
    head = {};
    if (body->finished()) break;
    auto next = co_await body->read(ctx);
    if (!next) co_return next.error();
    if (next->empty()) break;
    piece = *next;
  }
  if (length && left > 0) co_return wrong_length;
  if (!exchange_->chunked) co_return Status();
  const std::array<std::string_view, 1> parts = {kLastChunk};
  co_return co_await socket_->write(ctx, parts);
}

Async<Status> ServerConnection::write_piece(Ctx ctx, std::string_view head,
                                            std::string_view piece) {
  ServerConnectionState& exchange = *exchange_;
  exchange.parts = {head, {}, piece, {}};
  exchange.sent += piece.size();
  if (exchange.chunked && !piece.empty()) {
    exchange.line = ChunkLine(piece.size());
    exchange.parts[1] = exchange.line.text();
    exchange.parts[3] = kChunkEnd;
  }
  return socket_->write(ctx, exchange.parts);
}

}  // namespace edge::http1
