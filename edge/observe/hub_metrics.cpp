#include "edge/observe/hub_metrics.h"

namespace edge::observe {
namespace {

using Labels = std::vector<std::string_view>;

Metric counter(std::string name, std::string_view help, Labels labels = {}) {
  return {std::move(name), Kind::kCounter, help, std::move(labels)};
}

Metric gauge(std::string name, std::string_view help, Labels labels = {}) {
  return {std::move(name), Kind::kGauge, help, std::move(labels)};
}

Metric latency(std::string name, std::string_view help, Labels labels) {
  return {std::move(name), Kind::kHistogram, help, std::move(labels), &latency_buckets()};
}

Metric size(std::string name, std::string_view help, Labels labels) {
  return {std::move(name), Kind::kHistogram, help, std::move(labels), &size_buckets()};
}

const Labels kExchange = {"app_id", "method", "path", "status"};
const Labels kApp = {"app_id"};
const Labels kOperation = {"app_id", "component", "namespace", "operation", "success"};

}  // namespace

ComponentFamilies::ComponentFamilies(Registry& registry, std::string_view kind,
                                     const std::vector<std::string_view>& labels, Carries carries)
    : count(registry, counter("dapr_component_" + std::string(kind) + "_count",
                              "Operations performed on components of this kind.", labels)),
      latency(registry,
              observe::latency("dapr_component_" + std::string(kind) + "_latencies",
                               "Milliseconds that components of this kind took.", labels)) {
  if (carries == Carries::kOne) return;
  events.emplace(registry, counter("dapr_component_" + std::string(kind) + "_event_count",
                                   "Messages that bulk operations carried.", labels));
}

ComponentMetrics::ComponentMetrics(Registry& registry)
    : state(registry, "state", kOperation),
      configuration(registry, "configuration", kOperation),
      secret(registry, "secret", kOperation),
      pubsub_egress(registry, "pubsub_egress",
                    {"app_id", "component", "namespace", "success", "topic"}),
      pubsub_ingress(registry, "pubsub_ingress",
                     {"app_id", "component", "namespace", "process_status", "topic", "status"}),
      pubsub_egress_bulk(registry, "pubsub_egress_bulk",
                         {"app_id", "component", "namespace", "success", "topic"},
                         ComponentFamilies::Carries::kMany),
      pubsub_ingress_bulk(registry, "pubsub_ingress_bulk",
                          {"app_id", "component", "namespace", "process_status", "topic"},
                          ComponentFamilies::Carries::kMany) {}

RuntimeMetrics::RuntimeMetrics(Registry& registry)
    : loaded(registry,
             counter("dapr_runtime_component_loaded", "Components that were loaded.", kApp)),
      init(registry, counter("dapr_runtime_component_init_total", "Components that were opened.",
                             {"app_id", "component"})),
      init_failed(registry, counter("dapr_runtime_component_init_fail_total",
                                    "Components that could not be opened.",
                                    {"app_id", "component", "reason", "componentName"})),
      requests_sent(registry, counter("dapr_runtime_service_invocation_req_sent_total",
                                      "Calls that an app made to another.",
                                      {"app_id", "dst_app_id", "type"})),
      requests_received(registry,
                        counter("dapr_runtime_service_invocation_req_recv_total",
                                "Calls that an app got from another.", {"app_id", "src_app_id"})),
      responses_sent(registry, counter("dapr_runtime_service_invocation_res_sent_total",
                                       "Answers that an app gave to another.",
                                       {"app_id", "dst_app_id", "status"})),
      responses_received(registry, counter("dapr_runtime_service_invocation_res_recv_total",
                                           "Answers that an app got from another.",
                                           {"app_id", "src_app_id", "status", "type"})),
      response_latency(registry, latency("dapr_runtime_service_invocation_res_recv_latency_ms",
                                         "Milliseconds from an app's call to the other's answer.",
                                         {"app_id", "src_app_id", "status"})) {}

ProcessMetrics::ProcessMetrics(Registry& registry)
    : resident(registry, gauge("process_resident_memory_bytes", "Resident memory in bytes.")),
      virtual_size(registry, gauge("process_virtual_memory_bytes", "Virtual memory in bytes.")),
      open_fds(registry, gauge("process_open_fds", "Open file descriptors.")),
      max_fds(registry, gauge("process_max_fds", "File descriptors that may be open.")),
      cpu_seconds(registry, counter("process_cpu_seconds_total", "CPU time in seconds.")),
      started(registry, gauge("process_start_time_seconds", "Start, in seconds since 1970.")),
      our_resident(registry,
                   gauge("edgelane_process_resident_memory_bytes", "Resident memory in bytes.")),
      our_open_fds(registry, gauge("edgelane_process_open_fds", "Open file descriptors.")),
      uptime(registry, gauge("edgelane_uptime_seconds", "Seconds since the hub started.")),
      app_healthy(registry, gauge("edgelane_app_healthy",
                                  "1 for an app that has started and is well.", kApp)),
      store_jobs(registry, counter("edgelane_store_jobs", "Writes to a database.", {"file"})),
      store_failed(registry,
                   counter("edgelane_store_failed_jobs", "Writes that failed.", {"file"})),
      store_commits(registry, counter("edgelane_store_commits",
                                      "Transactions that carried the writes.", {"file"})),
      store_wal(registry, gauge("edgelane_store_wal_bytes",
                                "Length of a database's write-ahead log.", {"file"})),
      lane_unknown(registry, counter("edgelane_lane_unknown_total",
                                     "Calls and messages of a lane that the hub does not know.")),
      lane_fallbacks(registry, counter("edgelane_lane_fallbacks_total",
                                       "Calls that the baseline answered for a lane.")),
      lane_refused(registry, counter("edgelane_lane_refused_total",
                                     "Calls for which no instance was there.")) {}

HubMetrics::HubMetrics()
    : requests{{registry, counter("dapr_http_server_request_count",
                                  "HTTP requests to the API that were answered.", kExchange)},
               {registry, latency("dapr_http_server_latency",
                                  "Milliseconds until a request was answered.", kExchange)},
               {registry, size("dapr_http_server_request_bytes",
                               "Bytes of the requests' bodies where announced.", kApp)},
               {registry,
                size("dapr_http_server_response_bytes", "Bytes of the answers' bodies.", kApp)}},
      calls{
          {registry, counter("dapr_http_client_completed_count", "HTTP calls to apps.", kExchange)},
          {registry, latency("dapr_http_client_roundtrip_latency",
                             "Milliseconds until an app began to answer.", kExchange)},
          {registry, size("dapr_http_client_sent_bytes",
                          "Bytes of the calls' bodies where announced.", kExchange)},
          {registry, size("dapr_http_client_received_bytes",
                          "Bytes of the apps' bodies where announced.", kApp)}},
      probes{{registry, counter("dapr_http_healthprobes_completed_count", "Health probes of apps.",
                                {"app_id", "status"})},
             {registry, latency("dapr_http_healthprobes_roundtrip_latency",
                                "Milliseconds that health probes took.", {"app_id", "status"})}},
      rpc_requests(registry, "server", "grpc_server_method", "grpc_server_status"),
      rpc_calls(registry, "client", "grpc_client_method", "grpc_client_status"),
      rpc_probes{{registry, counter("dapr_grpc_io_healthprobes_completed_count",
                                    "Health probes of apps.", {"app_id", "grpc_client_status"})},
                 {registry, latency("dapr_grpc_io_healthprobes_roundtrip_latency",
                                    "Milliseconds that health probes took.",
                                    {"app_id", "grpc_client_status"})}},
      components(registry),
      runtime(registry),
      process(registry) {}

}  // namespace edge::observe
