// The first fields of requests to blocks that this hub has not: what their errors name.
#pragma once

#include "edge/net/protobuf/message.h"

namespace edge::api::rpc {

// InvokeBindingRequest, ConversationRequest and others that begin with a component's name; the
// lock's requests, whose store it is.
struct ComponentRequest {
  std::string name;
  void fields(auto& f) { f(1, name); }
};

struct TryLockRequest {
  std::string store_name;
  std::int32_t expiry_in_seconds = 0;
  void fields(auto& f) {
    f(1, store_name);
    f(4, expiry_in_seconds);
  }
};

}  // namespace edge::api::rpc
