// Kind Subscription of dapr.io/v1alpha1 and v2alpha1: which app gets which topic on which path.
//
// Source: the wire reference §3.7, §3.8, §3.11.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "edge/base/time.h"
#include "edge/daemon/resources/source.h"

namespace edge::daemon {

struct SubscriptionRule {
  std::string match;  // an expression; "" is always true
  std::string path;
};

struct BulkSubscribe {
  bool enabled = false;
  std::uint32_t max_messages = 100;
  Duration max_await = std::chrono::milliseconds(1000);
};

struct Subscription {
  std::string name;
  std::string name_space;
  std::string pubsub;
  std::string topic;
  std::vector<SubscriptionRule> rules;
  std::string default_path;  // "": a message that no rule takes is done with
  std::vector<std::pair<std::string, std::string>> metadata;
  std::string dead_letter_topic;
  BulkSubscribe bulk;
  std::vector<std::string> scopes;  // app ids; empty: every app
  Source source;
  std::size_t fingerprint = 0;  // of its document
};

}  // namespace edge::daemon
