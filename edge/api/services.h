// What the API serves, over HTTP and gRPC: the blocks, and what it needs to know about this hub.
#pragma once

#include <functional>
#include <list>
#include <string>
#include <vector>

#include "edge/blocks/apps/app_table.h"
#include "edge/blocks/cloud/cloud_view.h"
#include "edge/blocks/configuration/configuration_block.h"
#include "edge/blocks/invoke/invoker.h"
#include "edge/blocks/lanes/assignments.h"
#include "edge/blocks/lanes/lanes.h"
#include "edge/blocks/pubsub/pubsub_block.h"
#include "edge/blocks/pubsub/subscription.h"
#include "edge/blocks/secrets/secrets_block.h"
#include "edge/blocks/state/state_block.h"
#include "edge/observe/log_ring.h"
#include "edge/observe/meters.h"
#include "edge/policy/api_access.h"
#include "edge/policy/tokens.h"

namespace edge::api {

// A component that was loaded, as metadata shows it.
struct ComponentInfo {
  std::string name;
  std::string type;
  std::string version;
  std::vector<std::string> capabilities;
  std::vector<std::string> scopes;  // app ids; empty: every app
};

// What metadata says about how an app is called.
struct AppConnection {
  std::uint16_t port = 0;
  std::string protocol;
  std::string address;
  std::size_t max_concurrency = 0;
  bool health_checked = false;
  std::string health_path;
  Duration health_interval{};
  Duration health_timeout{};
  unsigned health_threshold = 0;
};

enum class ShutdownKind { kGraceful, kForced };

// A topic that an app reads as a stream.
struct StreamedTopic {
  const blocks::App* app;
  const blocks::TopicSubscription* subscription;
};

// Filled by the daemon before the first request, and outlives the servers. All on the loop.
struct Services {
  Loop& loop;
  blocks::AppTable& apps;
  blocks::Invoker& invoker;
  blocks::StateBlock& state;
  blocks::ConfigurationBlock& configuration;
  blocks::SecretsBlock& secrets;
  blocks::PubsubBlock& pubsub;
  blocks::Lanes& lanes;

  policy::TokenTable tokens;
  policy::ApiAccess access;
  std::string default_app;  // whose requests without identity on the shared port are; "" nobody's
  std::vector<ComponentInfo> components;
  std::map<std::string, AppConnection, std::less<>> connections;  // by instance
  std::vector<std::string> features;
  std::vector<std::string> allowed_origins;  // CORS; empty: no CORS headers
  bool api_logging = false;
  bool log_health_checks = true;
  std::uint64_t max_body_bytes = std::uint64_t{4} * 1024 * 1024;  // 0: no limit
  // The same where no limit is a number as well.
  [[nodiscard]] std::uint64_t body_limit() const noexcept {
    return max_body_bytes == 0 ? UINT64_MAX : max_body_bytes;
  }
  TimePoint began = loop.now();
  bool outbound_ready = false;  // components are loaded and servers listen
  // What an app is subscribed to now; empty before apps are looked after.
  std::function<std::vector<const blocks::TopicSubscription*>(const std::string& app_id)>
      subscriptions;
  std::list<StreamedTopic> streams;  // those that are open now; see topics_of()
  // Empty on a hub of many apps: none of them may end it for the others.
  std::function<void(ShutdownKind)> shutdown;
  blocks::LaneAssignments* lane_assignments = nullptr;  // null where the hub has no lane of its own
  blocks::CloudView* cloud = nullptr;                   // null on a hub without an Uplink
  observe::HubMetrics* metrics = nullptr;               // null where nobody counts
  observe::LogRing* logs = nullptr;                     // null where no lines are kept
  observe::AppMeter* strangers = nullptr;               // of requests without identity
};

}  // namespace edge::api
