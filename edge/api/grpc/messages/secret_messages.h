// Secrets, as dapr.proto.runtime.v1 has them. Source: wire reference §12.2.
#pragma once

#include "edge/net/protobuf/message.h"

namespace edge::api::rpc {

using protobuf::Map;

struct GetSecretRequest {
  std::string store_name;
  std::string key;
  Map metadata;
  void fields(auto& f) {
    f(1, store_name);
    f(2, key);
    f(3, metadata);
  }
};

struct GetBulkSecretRequest {
  std::string store_name;
  Map metadata;
  void fields(auto& f) {
    f(1, store_name);
    f(2, metadata);
  }
};

// GetSecretResponse and SecretResponse.
struct SecretResponse {
  Map values;
  void fields(auto& f) { f(1, values); }
};

struct GetBulkSecretResponse {
  std::map<std::string, SecretResponse, std::less<>> data;
  void fields(auto& f) { f(1, data); }
};

}  // namespace edge::api::rpc
