// What apps are asked, as appcallback.proto of dapr.proto.runtime.v1 has it. Source: wire reference
// §12.2.
#pragma once

#include "edge/api/grpc/messages/pubsub_messages.h"

namespace edge::api::rpc {

struct TopicRule {
  std::string match;
  std::string path;
  void fields(auto& f) {
    f(1, match);
    f(2, path);
  }
};

struct TopicRoutes {
  std::vector<TopicRule> rules;
  std::string default_path;
  void fields(auto& f) {
    f(1, rules);
    f(2, default_path);
  }
};

struct BulkSubscribeConfig {
  bool enabled = false;
  std::int32_t max_messages = 0;
  std::int32_t max_await_ms = 0;
  void fields(auto& f) {
    f(1, enabled);
    f(2, max_messages);
    f(3, max_await_ms);
  }
};

struct TopicSubscription {
  std::string pubsub_name;
  std::string topic;
  Map metadata;
  TopicRoutes routes;
  std::string dead_letter_topic;
  BulkSubscribeConfig bulk;
  void fields(auto& f) {
    f(1, pubsub_name);
    f(2, topic);
    f(3, metadata);
    f(5, routes);
    f(6, dead_letter_topic);
    f(7, bulk);
  }
};

struct ListTopicSubscriptionsResponse {
  std::vector<TopicSubscription> subscriptions;
  void fields(auto& f) { f(1, subscriptions); }
};

// TopicEventCERequest.
struct BulkCloudEvent {
  std::string id;
  std::string source;
  std::string type;
  std::string spec_version;
  std::string data_content_type;
  std::string data;
  std::string extensions;  // a serialized google.protobuf.Struct
  void fields(auto& f) {
    f(1, id);
    f(2, source);
    f(3, type);
    f(4, spec_version);
    f(5, data_content_type);
    f.bytes(6, data);
    f.bytes(7, extensions);
  }
};

struct TopicEventBulkRequestEntry {
  std::string entry_id;
  std::string bytes;  // of a message that is no event
  std::optional<BulkCloudEvent> event;
  std::string content_type;
  Map metadata;
  void fields(auto& f) {
    f(1, entry_id);
    f.bytes(2, bytes);
    f(3, event);
    f(4, content_type);
    f(5, metadata);
  }
};

struct TopicEventBulkRequest {
  std::string id;
  std::vector<TopicEventBulkRequestEntry> entries;
  Map metadata;
  std::string topic;
  std::string pubsub_name;
  std::string type;
  std::string path;
  void fields(auto& f) {
    f(1, id);
    f(2, entries);
    f(3, metadata);
    f(4, topic);
    f(5, pubsub_name);
    f(6, type);
    f(7, path);
  }
};

struct TopicEventBulkResponseEntry {
  std::string entry_id;
  std::int32_t status = 0;  // as TopicEventResponse
  void fields(auto& f) {
    f(1, entry_id);
    f(2, status);
  }
};

struct TopicEventBulkResponse {
  std::vector<TopicEventBulkResponseEntry> statuses;
  void fields(auto& f) { f(1, statuses); }
};

}  // namespace edge::api::rpc
