#include "edge/api/internals/peer_reply.h"

#include "edge/api/grpc/call_fields.h"
#include "edge/api/grpc/invoke_reply.h"
#include "edge/api/internals/value_map.h"
#include "edge/base/strings.h"

namespace edge::api {
namespace {

constexpr int kLeastHttpStatus = 200;
constexpr int kMostHttpStatus = 599;
// Below, a status is gRPC's.
constexpr int kGrpcStatuses = 100;

Error malformed(std::string_view what) {
  return {Code::kInternal, "the other hub's answer is malformed: " + std::string(what)};
}

// What came after something was sent is not tried again.
Error final_error(const Error& error) {
  return error.code == Code::kUnavailable ? Error{Code::kInternal, error.message} : error;
}

bool is_binary(std::string_view name) {
  return name.size() > 4 && equals_ignoring_case(name.substr(name.size() - 4), "-bin");
}

}  // namespace

PeerReply::PeerReply(Ctx ctx, Loop& loop, std::unique_ptr<grpc::ClientCall> call, std::size_t limit)
    : call_(std::move(call)), limit_(limit), sending_(loop, "sending to another hub", ctx) {}

Task<Status> PeerReply::begin_stream(Ctx ctx, std::string_view bytes, ByteSource* body) {
  Status begun;
  if (body == nullptr) {
    begun = co_await call_->send(ctx, bytes);
  } else {
    begun = co_await call_->stream().write(ctx, bytes);
    if (begun) sending_.spawn(send(sending_.ctx(), body));
    if (begun) begun = co_await call_->stream().wait_head(ctx);
  }
  if (!begun) co_return final_error(begun.error());
  co_return co_await read_head(ctx);
}

// The end of a stream that failed is told to whoever reads the answer.
Task<void> PeerReply::send(Ctx ctx, ByteSource* body) {
  http2::Stream& stream = call_->stream();
  std::uint64_t seq = 0;
  while (!body->finished()) {
    auto piece = co_await body->read(ctx);
    if (!piece) {
      stream.reset(http2::Reason::kCancel);
      co_return;
    }
    if (piece->empty()) break;
    for (std::string_view rest = *piece; !rest.empty();) {
      const std::string_view part = rest.substr(0, kPayloadBytes);
      rest.remove_prefix(part.size());
      const std::string message = framed_payload(part, seq++);
      auto sent = co_await stream.write(ctx, message);
      if (!sent) co_return;
    }
  }
  auto ended = co_await stream.end(ctx, "");
  static_cast<void>(ended);
}

Task<Status> PeerReply::read_head(Ctx ctx) {
  http2::Stream& stream = call_->stream();
  if (stream.head().status != 200 || grpc::is_trailers_only(stream)) {
    Status status = grpc::ending_of(stream).status;
    co_return status ? malformed("it is empty") : final_error(status.error());
  }
  messages_.emplace(stream.body(), limit_);
  auto first = co_await messages_->next(ctx);
  if (!first) co_return final_error(first.error());
  if (!*first) {
    Status status = grpc::ending_of(stream).status;
    co_return status ? malformed("it is empty") : final_error(status.error());
  }
  rpc::InternalAnswerChunk chunk;
  const Status parsed = protobuf::parse(**first, chunk);
  if (!parsed) co_return parsed;
  payloads_.emplace(*messages_, std::move(chunk.payload));
  payloads_->judge_by(stream);
  body_ = &*payloads_;
  co_return take(chunk.head ? std::move(*chunk.head) : rpc::InternalAnswer());
}

Task<Status> PeerReply::begin_unary(Ctx ctx, std::string message) {
  auto answer = co_await call_->exchange(ctx, std::move(message), limit_);
  if (!answer.ending.status) co_return final_error(answer.ending.status.error());
  rpc::InternalAnswer parsed;
  const Status read = protobuf::parse(answer.message, parsed);
  if (!read) co_return read;
  if (parsed.message) text_ = std::move(parsed.message->data.value);
  text_source_.emplace(text_);
  body_ = &*text_source_;
  co_return take(std::move(parsed));
}

Status PeerReply::take(rpc::InternalAnswer answer) {
  answer_ = std::move(answer);
  if (!answer_.status) {
    return Error{Code::kInternal,
                 "response does not contain the required fields in the leading chunk"};
  }
  metadata_ = headers_of(answer_.headers);
  trailers_ = headers_of(answer_.trailers);
  status_ = answer_.status->code;
  by_grpc_ = status_ < kGrpcStatuses;
  const bool is_http = status_ >= kLeastHttpStatus && status_ <= kMostHttpStatus;
  if (status_ < 0 || (!by_grpc_ && !is_http)) return malformed("its status is none");
  if (answer_.message && !fits_line(answer_.message->content_type)) {
    return malformed("its content type is none");
  }
  if (by_grpc_) take_ending(std::move(*answer_.status));
  for (const Header& header : metadata_) {
    if (equals_ignoring_case(header.name, "content-type")) continue;
    if (by_grpc_ && (is_binary(header.name) || !travels_back(header))) continue;
    headers_.add(header.name, header.value);
  }
  if (by_grpc_ && !ending_.status) {
    headers_.add("content-type", "application/json");
  } else if (answer_.message && !answer_.message->content_type.empty()) {
    headers_.add("content-type", answer_.message->content_type);
  }
  return {};
}

void PeerReply::take_ending(rpc::RpcStatus status) {
  ending_.metadata = &metadata_;
  ending_.trailers = &trailers_;
  if (answer_.message) ending_.type_url = answer_.message->data.type_url;
  status_ = 200;
  if (status.code == 0) return;
  const auto code = status.code <= 16 ? static_cast<Code>(status.code) : Code::kUnknown;
  ending_.status = Error{code, status.message};
  ending_.details = status.details.empty() ? "" : protobuf::print(status);
  status_ = http_status(code);
  text_ = status_json(ending_.status.error(), ending_.details);
  text_source_.emplace(text_);
  body_ = &*text_source_;
}

}  // namespace edge::api
