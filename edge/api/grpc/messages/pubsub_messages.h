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

// SubscribeTopicEventsRequestInitialAlpha1.
struct StreamRequest {
  std::string pubsub_name;
  std::string topic;
  Map metadata;
  std::string dead_letter_topic;
  void fields(auto& f) {
    f(1, pubsub_name);
    f(2, topic);
    f(3, metadata);
    f(4, dead_letter_topic);
  }
};

struct TopicEventResponse {
  std::int32_t status = 0;  // 0: success, 1: retry, 2: drop
  void fields(auto& f) { f(1, status); }
};

// SubscribeTopicEventsRequestProcessedAlpha1.
struct EventProcessed {
  std::string id;
  TopicEventResponse status;
  void fields(auto& f) {
    f(1, id);
    f(2, status);
  }
};

// SubscribeTopicEventsRequestAlpha1.
struct FromSubscriber {
  std::optional<StreamRequest> initial;
  std::optional<EventProcessed> processed;
  void fields(auto& f) {
    f(1, initial);
    f(2, processed);
  }
};

struct TopicEventRequest {
  std::string id;
  std::string source;
  std::string type;
  std::string spec_version;
  std::string data_content_type;
  std::string topic;
  std::string data;
  std::string pubsub_name;
  std::string path;
  std::string extensions;  // a serialized google.protobuf.Struct
  void fields(auto& f) {
    f(1, id);
    f(2, source);
    f(3, type);
    f(4, spec_version);
    f(5, data_content_type);
    f(6, topic);
    f.bytes(7, data);
    f(8, pubsub_name);
    f(9, path);
    f.bytes(10, extensions);
  }
};

// SubscribeTopicEventsResponseInitialAlpha1.
struct Nothing {
  void fields(auto&) {}
};

// SubscribeTopicEventsResponseAlpha1.
struct ToSubscriber {
  std::optional<Nothing> initial;
  std::optional<TopicEventRequest> event;
  void fields(auto& f) {
    f(1, initial);
    f(2, event);
  }
};

}  // namespace edge::api::rpc
