// Metadata and health. Source: wire reference §12.2; grpc.health.v1.
#pragma once

#include "edge/net/protobuf/message.h"

namespace edge::api::rpc {

using protobuf::Map;

struct RegisteredComponent {
  std::string name;
  std::string type;
  std::string version;
  std::vector<std::string> capabilities;
  void fields(auto& f) {
    f(1, name);
    f(2, type);
    f(3, version);
    f(4, capabilities);
  }
};

struct SubscriptionRule {
  std::string match;
  std::string path;
  void fields(auto& f) {
    f(1, match);
    f(2, path);
  }
};

struct SubscriptionRules {
  std::vector<SubscriptionRule> rules;
  void fields(auto& f) { f(1, rules); }
};

struct PubsubSubscription {
  std::string pubsub_name;
  std::string topic;
  Map metadata;
  SubscriptionRules rules;
  std::string dead_letter_topic;
  std::int32_t type = 0;  // 1: declarative, 2: programmatic, 3: streaming
  void fields(auto& f) {
    f(1, pubsub_name);
    f(2, topic);
    f(3, metadata);
    f(4, rules);
    f(5, dead_letter_topic);
    f(6, type);
  }
};

struct HealthProperties {
  std::string path;
  std::string interval;
  std::string timeout;
  std::int32_t threshold = 0;
  void fields(auto& f) {
    f(1, path);
    f(2, interval);
    f(3, timeout);
    f(4, threshold);
  }
};

struct ConnectionProperties {
  std::int32_t port = 0;
  std::string protocol;
  std::string address;
  std::int32_t max_concurrency = 0;
  std::optional<HealthProperties> health;
  void fields(auto& f) {
    f(1, port);
    f(2, protocol);
    f(3, address);
    f(4, max_concurrency);
    f(5, health);
  }
};

struct ActorRuntime {
  std::int32_t status = 1;  // disabled
  std::string placement = "placement: disconnected";
  void fields(auto& f) {
    f(1, status);
    f(4, placement);
  }
};

// MetadataHTTPEndpoint.
struct Named {
  std::string name;
  void fields(auto& f) { f(1, name); }
};

struct GetMetadataResponse {
  std::string id;
  std::vector<RegisteredComponent> components;
  Map extended;
  std::vector<PubsubSubscription> subscriptions;
  std::vector<Named> http_endpoints;
  std::optional<ConnectionProperties> connection;
  std::string runtime_version;
  std::vector<std::string> features;
  ActorRuntime actor_runtime;
  void fields(auto& f) {
    f(1, id);
    f(3, components);
    f(4, extended);
    f(5, subscriptions);
    f(6, http_endpoints);
    f(7, connection);
    f(8, runtime_version);
    f(9, features);
    f(10, actor_runtime);
  }
};

struct SetMetadataRequest {
  std::string key;
  std::string value;
  void fields(auto& f) {
    f(1, key);
    f(2, value);
  }
};

struct HealthCheckRequest {
  std::string service;
  void fields(auto& f) { f(1, service); }
};

struct HealthCheckResponse {
  std::int32_t status = 0;  // 1: serving, 2: not serving
  void fields(auto& f) { f(1, status); }
};

}  // namespace edge::api::rpc
