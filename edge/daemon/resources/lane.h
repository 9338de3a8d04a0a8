// Kinds Lane and LaneRules of edgelane.dev/v1: which lanes a hub knows and who belongs to them.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "edge/daemon/resources/value.h"
#include "edge/policy/lanes/lane_table.h"

namespace edge::daemon {

struct Lane {
  policy::LaneSpec spec;  // declared
  Source source;
};

struct LaneRule {
  policy::WhiteListRule rule;
  std::string lane;  // as written
  std::optional<WallTime> expires;
  std::string field;
  Source source;
};

// At most one of a hub.
struct LaneRules {
  std::string name;
  policy::LaneHeaderNames headers;
  std::vector<std::pair<std::string, policy::CallerTrust>> callers;  // by app id
  std::optional<Value> user_key;                                     // of the users' tags
  std::vector<policy::DeviceTopic> device_topics;
  std::vector<LaneRule> devices;
  std::vector<LaneRule> users;  // their exact entries are tags
  std::string secret_store;     // where the key's secretKeyRef is looked up
  Source source;
};

}  // namespace edge::daemon
