#include "edge/net/grpc/client.h"

#include "edge/net/grpc/status.h"

namespace edge::grpc {
namespace {

constexpr int kMostOpened = 3;  // times that a call is begun

}  // namespace

bool is_trailers_only(const http2::Stream& stream) noexcept {
  return stream.head().headers.find("grpc-status").has_value() && stream.trailers().size() == 0;
}

Ending ending_of(const http2::Stream& stream) {
  const HeaderList& list = is_trailers_only(stream) ? stream.head().headers : stream.trailers();
  return {read_status(list, stream.head().status), read_details(list), &list};
}

Task<Result<std::string>> read_answer(Ctx ctx, ByteSource* body, std::size_t limit) {
  MessageReader messages(*body, limit);
  auto first = co_await messages.next(ctx);
  if (!first) co_return first.error();
  if (!*first) co_return std::string();
  std::string message(**first);
  messages.drop();
  auto second = co_await messages.next(ctx);
  if (!second) co_return second.error();
  if (*second) co_return Error{Code::kInternal, "grpc: the server sent more than one message"};
  co_return message;
}

void add_call_fields(HeaderList& fields) {
  fields.add("content-type", "application/grpc");
  fields.add("te", "trailers");
}

Task<Status> ClientCall::open(Ctx ctx) {
  auto opened = co_await client_.open(ctx, &head_, http2::Follows::kBody);
  if (!opened) co_return opened.error();
  stream_ = std::move(*opened);
  co_return Status();
}

Task<Status> ClientCall::send(Ctx ctx, std::string_view bytes) {
  for (int times = 1;; ++times) {
    auto sent = co_await stream_->end(ctx, bytes);
    // A server may have answered without reading everything.
    auto head = co_await stream_->wait_head(ctx);
    if (head) co_return head;
    if (!stream_->unprocessed() || times == kMostOpened) co_return sent ? head : sent;
    auto opened = co_await open(ctx);
    if (!opened) co_return opened;
  }
}

Task<UnaryAnswer> ClientCall::exchange(Ctx ctx, std::string message, std::size_t limit) {
  const std::string bytes = framed(message);
  std::string().swap(message);
  auto sent = co_await send(ctx, bytes);
  if (!sent) co_return UnaryAnswer{{sent, "", nullptr}, ""};
  const http2::Head& head = stream_->head();
  if (head.status != 200) {
    co_return UnaryAnswer{{read_status(head.headers, head.status), "", nullptr}, ""};
  }
  auto read = co_await read_answer(ctx, &stream_->body(), limit);
  if (!read) co_return UnaryAnswer{{read.error(), "", nullptr}, ""};
  co_return UnaryAnswer{ending_of(*stream_.get()), std::move(*read)};
}

}  // namespace edge::grpc
