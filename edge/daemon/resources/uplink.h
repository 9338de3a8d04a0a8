// Kind Uplink of edgelane.dev/v1: the broker in the cloud, and which topics go there.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "edge/base/time.h"
#include "edge/daemon/resources/value.h"
#include "sync/core/outbox.h"

namespace edge::daemon {

struct UplinkTopic {
  std::string pubsub;
  std::string filter;  // as of MQTT
  sync::Class cls = sync::Class::kEvent;
  Duration ttl{0};  // of messages that name none; 0: they do not expire
};

// At most one of a hub.
struct Uplink {
  std::string name;
  std::string url;  // as mqtt::parse_server_url takes it
  std::string hub;  // the hub's id in the cloud
  std::string username;
  std::optional<Value> password;
  std::optional<Value> ca_cert;  // PEM
  std::optional<Value> client_cert;
  std::optional<Value> client_key;
  Duration max_reconnect_interval = std::chrono::minutes(5);
  std::int64_t drain_rate = 0;      // of what waited, messages a second; 0: no limit
  std::vector<UplinkTopic> topics;  // the first that fits counts
  std::array<sync::ClassLimits, sync::kClasses> limits = sync::OutboxOptions().limits;
  bool assign_lanes = false;          // whether the cloud may assign the hub to a lane
  std::optional<Value> signing_keys;  // PEM texts: of whom assignments have to be
  bool mqtt5 = true;                  // tried first; else 3.1.1 alone
  std::string secret_store;
  Source source;
};

}  // namespace edge::daemon
