// What passes between hubs: dapr.proto.internals.v1. Source: wire reference §12.4.
#pragma once

#include "edge/api/grpc/messages/status_messages.h"

namespace edge::api::rpc {

struct ValueList {
  std::vector<std::string> values;
  void fields(auto& f) { f(1, values); }
};
using ValueMap = std::map<std::string, ValueList, std::less<>>;

struct InternalRequest {
  std::int32_t version = 0;
  ValueMap metadata;
  std::optional<InvokeRequest> message;
  void fields(auto& f) {
    f(1, version);
    f(2, metadata);
    f(3, message);
  }
};

// `status`: over 99 HTTP's, else gRPC's.
struct InternalAnswer {
  std::optional<RpcStatus> status;
  ValueMap headers;
  ValueMap trailers;
  std::optional<InvokeResponse> message;
  void fields(auto& f) {
    f(1, status);
    f(2, headers);
    f(3, trailers);
    f(4, message);
  }
};

struct StreamPayload {
  std::string data;
  std::uint64_t seq = 0;
  void fields(auto& f) {
    f.bytes(1, data);
    f(2, seq);
  }
};

// One message of a stream: the first has its head, the others have not.
template <class Head>
struct InternalChunk {
  std::optional<Head> head;
  std::optional<StreamPayload> payload;
  void fields(auto& f) {
    f(1, head);
    f(2, payload);
  }
};
using InternalRequestChunk = InternalChunk<InternalRequest>;
using InternalAnswerChunk = InternalChunk<InternalAnswer>;

}  // namespace edge::api::rpc
