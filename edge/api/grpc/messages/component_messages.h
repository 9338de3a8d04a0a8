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

}  // namespace edge::api::rpc
