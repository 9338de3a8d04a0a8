#include "edge/api/internals/payloads.h"

#include "edge/net/grpc/client.h"

namespace edge::api {
namespace {

// What may not stand in a later message is seen, not read.
struct Anything {
  void fields(auto&) {}
};
using LaterChunk = rpc::InternalChunk<Anything>;

Error broken(std::string what) {
  return {Code::kInvalidArgument, "the stream of a call is broken: " + std::move(what)};
}

}  // namespace

PayloadSource::PayloadSource(grpc::MessageReader& messages, std::optional<rpc::StreamPayload> first)
    : messages_(messages) {
  if (first) begun_ = take(std::move(*first));
}

Status PayloadSource::take(rpc::StreamPayload payload) {
  if (payload.seq != next_) {
    return broken("payload " + std::to_string(payload.seq) + " came where " +
                  std::to_string(next_) + " was expected");
  }
  ++next_;
  bytes_ += payload.data.size();
  if (length_ && bytes_ > *length_) return broken("it is longer than its content-length");
  piece_ = std::move(payload.data);
  ready_ = !piece_.empty();
  return {};
}

Status PayloadSource::judge_end() const {
  if (answer_ != nullptr) {
    const Status status = grpc::ending_of(*answer_).status;
    if (!status) return status;
  }
  if (length_ && bytes_ < *length_) return broken("it is shorter than its content-length");
  return {};
}

Task<Status> PayloadSource::advance(Ctx ctx) {
  if (!begun_) co_return begun_;
  while (!ready_ && !ended_) {
    auto message = co_await messages_.next(ctx);
    if (!message) co_return message.error();
    if (!*message) {
      Status whole = judge_end();
      ended_ = whole.has_value();
      co_return whole;
    }
    LaterChunk chunk;
    Status taken = protobuf::parse(**message, chunk);
    if (taken && chunk.head) taken = broken("its head came twice");
    if (taken && chunk.payload) taken = take(std::move(*chunk.payload));
    if (!taken) co_return taken;
  }
  co_return Status();
}

Task<Status> PayloadSource::look(Ctx ctx) {
  auto looked = co_await advance(ctx);
  if (looked && ended_ && !ready_) length_ = 0;
  co_return looked;
}

std::string_view PayloadSource::take_ready() {
  if (!ready_) return {};
  ready_ = false;
  return piece_;
}

Task<Result<std::string_view>> PayloadSource::read(Ctx ctx) {
  auto advanced = co_await advance(ctx);
  if (!advanced) co_return advanced.error();
  co_return take_ready();
}

std::string framed_payload(std::string_view data, std::uint64_t seq) {
  rpc::InternalChunk<Anything> chunk;
  chunk.payload.emplace(std::string(data), seq);
  return grpc::framed(protobuf::print(chunk));
}

}  // namespace edge::api
