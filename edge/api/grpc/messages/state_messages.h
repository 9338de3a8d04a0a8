// State, as dapr.proto.runtime.v1 and common.v1 have it. Source: wire reference §12.2, §12.4.
#pragma once

#include "edge/net/protobuf/message.h"

namespace edge::api::rpc {

using protobuf::Map;

struct Etag {
  std::string value;
  void fields(auto& f) { f(1, value); }
};

struct StateOptions {
  std::int32_t concurrency = 0;  // 1: first write, 2: last write
  std::int32_t consistency = 0;  // 1: eventual, 2: strong
  void fields(auto& f) {
    f(1, concurrency);
    f(2, consistency);
  }
};

struct StateItem {
  std::string key;
  std::string value;
  std::optional<Etag> etag;
  Map metadata;
  StateOptions options;
  void fields(auto& f) {
    f(1, key);
    f.bytes(2, value);
    f(3, etag);
    f(4, metadata);
    f(5, options);
  }
};

struct GetStateRequest {
  std::string store_name;
  std::string key;
  std::int32_t consistency = 0;
  Map metadata;
  void fields(auto& f) {
    f(1, store_name);
    f(2, key);
    f(3, consistency);
    f(4, metadata);
  }
};

struct GetStateResponse {
  std::string data;
  std::string etag;
  Map metadata;
  void fields(auto& f) {
    f.bytes(1, data);
    f(2, etag);
    f(3, metadata);
  }
};

struct GetBulkStateRequest {
  std::string store_name;
  std::vector<std::string> keys;
  std::int32_t parallelism = 0;
  Map metadata;
  void fields(auto& f) {
    f(1, store_name);
    f(2, keys);
    f(3, parallelism);
    f(4, metadata);
  }
};

struct BulkStateItem {
  std::string key;
  std::string data;
  std::string etag;
  std::string error;
  Map metadata;
  void fields(auto& f) {
    f(1, key);
    f.bytes(2, data);
    f(3, etag);
    f(4, error);
    f(5, metadata);
  }
};

struct GetBulkStateResponse {
  std::vector<BulkStateItem> items;
  void fields(auto& f) { f(1, items); }
};

struct DeleteStateRequest {
  std::string store_name;
  std::string key;
  std::optional<Etag> etag;
  StateOptions options;
  Map metadata;
  void fields(auto& f) {
    f(1, store_name);
    f(2, key);
    f(3, etag);
    f(4, options);
    f(5, metadata);
  }
};

// SaveStateRequest and DeleteBulkStateRequest.
struct StateItemsRequest {
  std::string store_name;
  std::vector<StateItem> states;
  void fields(auto& f) {
    f(1, store_name);
    f(2, states);
  }
};

struct TransactionalStateOperation {
  std::string operation_type;
  StateItem request;
  void fields(auto& f) {
    f(1, operation_type);
    f(2, request);
  }
};

struct ExecuteStateTransactionRequest {
  std::string store_name;
  std::vector<TransactionalStateOperation> operations;
  Map metadata;
  void fields(auto& f) {
    f(1, store_name);
    f(2, operations);
    f(3, metadata);
  }
};

}  // namespace edge::api::rpc
