// Every metric of a hub: daprd's under their own names, and ours, which begin with "edgelane_".
//
// Source: wire reference §18.1, in its form of low cardinality (docs/decisions/0005).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge/observe/cloud_metrics.h"
#include "edge/observe/configuration_metrics.h"
#include "edge/observe/metrics.h"
#include "edge/observe/rpc_meter.h"

namespace edge::observe {

// HTTP exchanges of one direction: from apps to the API, or from the hub to apps.
struct TrafficFamilies {
  Family<Counter> count;             // app_id, method, path, status
  Family<Histogram> latency;         // the same
  Family<Histogram> request_bytes;   // app_id, and of calls to apps also method, path, status
  Family<Histogram> response_bytes;  // app_id
};

struct ProbeFamilies {
  Family<Counter> count;  // app_id, status
  Family<Histogram> latency;
};

// Calls of one kind of component.
struct ComponentFamilies {
  enum class Carries : std::uint8_t { kOne, kMany };  // messages

  ComponentFamilies(Registry& registry, std::string_view kind,
                    const std::vector<std::string_view>& labels, Carries carries = Carries::kOne);
  Family<Counter> count;
  Family<Histogram> latency;
  std::optional<Family<Counter>> events;  // messages, where a call carries many
};

// app_id, component, namespace, and what stands behind each.
struct ComponentMetrics {
  explicit ComponentMetrics(Registry& registry);
  ComponentFamilies state;                // operation, success
  ComponentFamilies configuration;        // operation, success
  ComponentFamilies secret;               // operation, success
  ComponentFamilies pubsub_egress;        // success, topic
  ComponentFamilies pubsub_ingress;       // process_status, topic, status
  ComponentFamilies pubsub_egress_bulk;   // success, topic
  ComponentFamilies pubsub_ingress_bulk;  // process_status, topic
};

struct RuntimeMetrics {
  explicit RuntimeMetrics(Registry& registry);
  Family<Counter> loaded;              // app_id
  Family<Counter> init;                // app_id, component
  Family<Counter> init_failed;         // app_id, component, reason, componentName
  Family<Counter> requests_sent;       // app_id, dst_app_id, type
  Family<Counter> requests_received;   // app_id, src_app_id
  Family<Counter> responses_sent;      // app_id, dst_app_id, status
  Family<Counter> responses_received;  // app_id, src_app_id, status, type
  Family<Histogram> response_latency;  // app_id, src_app_id, status
};

// Set when somebody looks.
struct ProcessMetrics {
  explicit ProcessMetrics(Registry& registry);
  Family<Gauge> resident;
  Family<Gauge> virtual_size;
  Family<Gauge> open_fds;
  Family<Gauge> max_fds;
  Family<Gauge> cpu_seconds;
  Family<Gauge> started;
  Family<Gauge> our_resident;
  Family<Gauge> our_open_fds;
  Family<Gauge> uptime;
  Family<Gauge> app_healthy;  // app_id
  Family<Gauge> store_jobs;   // file, and so the rest
  Family<Gauge> store_failed;
  Family<Gauge> store_commits;
  Family<Gauge> store_wal;
  Family<Gauge> lane_unknown;  // of a hub with lanes, and so the rest
  Family<Gauge> lane_fallbacks;
  Family<Gauge> lane_refused;
};

struct HubMetrics {
  HubMetrics();
  HubMetrics(const HubMetrics&) = delete;
  HubMetrics& operator=(const HubMetrics&) = delete;

  Registry registry;
  TrafficFamilies requests;  // from apps to the API
  TrafficFamilies calls;     // from the hub to apps
  ProbeFamilies probes;
  RpcFamilies rpc_requests;  // as requests, over gRPC
  RpcFamilies rpc_calls;
  ProbeFamilies rpc_probes;
  ComponentMetrics components;
  RuntimeMetrics runtime;
  ProcessMetrics process;
  std::unique_ptr<CloudMetrics> cloud;                  // null on a hub without an Uplink
  std::unique_ptr<ConfigurationMetrics> configuration;  // null where none is taken over
};

}  // namespace edge::observe
