// Everything that YAML files tell this hub, typed and checked.
//
// Kinds: Component, HTTPEndpoint, Configuration and Subscription of dapr.io, App, Lane,
// LaneRules and Peer of edgelane.dev/v1. Other documents are ignored with a log line. Source: the
// wire reference §14.1, §15.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "edge/daemon/resources/app.h"
#include "edge/daemon/resources/component.h"
#include "edge/daemon/resources/configuration.h"
#include "edge/daemon/resources/files.h"
#include "edge/daemon/resources/lane.h"
#include "edge/daemon/resources/peer.h"
#include "edge/daemon/resources/subscription.h"
#include "edge/daemon/resources/value.h"

namespace edge::daemon {

inline constexpr std::size_t kMaxDocuments = 1000;  // in one file

// A document of a kind that is known by name only so far.
struct NotUsedYet {
  std::string kind;
  std::string name;
  Source source;
};

// In the order of the files' names and of the documents in them.
struct Resources {
  std::vector<Component> components;  // names are unique
  std::vector<HttpEndpoint> http_endpoints;
  std::vector<Subscription> subscriptions;
  std::vector<App> apps;  // instances and API ports are unique
  std::vector<Lane> lanes;
  std::optional<LaneRules> lane_rules;
  std::vector<Peer> peers;  // no instance is at two hubs
  Configuration configuration;
  std::vector<NotUsedYet> not_used_yet;
  // Of all documents but those that may change while a hub runs: components, subscriptions, lanes.
  std::size_t fixed_fingerprint = 0;
  std::size_t lanes_fingerprint = 0;
};

// Configuration documents beside other resources: daprd reads only its --config files.
enum class ConfigurationDocuments : std::uint8_t { kIgnored, kRead };

struct LoadRequest {
  std::vector<std::string> paths;  // directories or files
  MissingPath missing = MissingPath::kIsError;
  std::vector<std::string> config_files;  // over the Configuration documents of `paths`
  ConfigurationDocuments configurations = ConfigurationDocuments::kIgnored;
  // Where not "": components and endpoints that name another namespace are left out.
  std::string name_space;
  EnvLookup environment = process_environment;  // for $VAR in Configuration documents
};

// Errors: kInvalidArgument, with a line "<file>:<line>: <field>: <what and what to do>" for each
// fault found. Documents of dapr.io kinds that are no YAML are logged and left out instead.
Result<Resources> load_resources(const LoadRequest& request);

// The same from files that are in memory; `request.paths` and `.config_files` are not looked at.
Result<Resources> read_resources(const std::vector<TextFile>& files, const LoadRequest& request);

}  // namespace edge::daemon
