// Invocation, as dapr.proto.runtime.v1 and common.v1 have it. Source: wire reference §12.2, §12.4.
#pragma once

#include "edge/net/protobuf/message.h"

namespace edge::api::rpc {

using protobuf::Map;

struct Any {
  std::string type_url;
  std::string value;
  void fields(auto& f) {
    f(1, type_url);
    f.bytes(2, value);
  }
};

struct HttpExtension {
  std::int32_t verb = 0;
  std::string query;
  void fields(auto& f) {
    f(1, verb);
    f(2, query);
  }
};

struct InvokeRequest {
  std::string method;
  Any data;
  std::string content_type;
  std::optional<HttpExtension> http_extension;
  void fields(auto& f) {
    f(1, method);
    f(2, data);
    f(3, content_type);
    f(4, http_extension);
  }
};

struct InvokeServiceRequest {
  std::string id;
  InvokeRequest message;
  void fields(auto& f) {
    f(1, id);
    f(3, message);
  }
};

struct InvokeResponse {
  Any data;
  std::string content_type;
  void fields(auto& f) {
    f(1, data);
    f(2, content_type);
  }
};

}  // namespace edge::api::rpc
