// Publish and streamed subscriptions, as dapr.proto.runtime.v1 has them. Source: wire reference
// §12.2.
#pragma once

#include "edge/net/protobuf/message.h"

namespace edge::api::rpc {

using protobuf::Map;

struct PublishEventRequest {
  std::string pubsub_name;
  std::string topic;
  std::string data;
  std::string data_content_type;
  Map metadata;
  void fields(auto& f) {
    f(1, pubsub_name);
    f(2, topic);
    f.bytes(3, data);
    f(4, data_content_type);
    f(5, metadata);
  }
};

struct BulkPublishRequestEntry {
  std::string entry_id;
  std::string event;
  std::string content_type;
  Map metadata;
  void fields(auto& f) {
    f(1, entry_id);
    f.bytes(2, event);
    f(3, content_type);
    f(4, metadata);
  }
};

struct BulkPublishRequest {
  std::string pubsub_name;
  std::string topic;
  std::vector<BulkPublishRequestEntry> entries;
  Map metadata;
  void fields(auto& f) {
    f(1, pubsub_name);
    f(2, topic);
    f(3, entries);
    f(4, metadata);
  }
};

}  // namespace edge::api::rpc
