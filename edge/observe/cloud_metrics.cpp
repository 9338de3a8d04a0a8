#include "edge/observe/cloud_metrics.h"

namespace edge::observe {
namespace {

Metric gauge(std::string name, std::string_view help, std::vector<std::string_view> labels = {}) {
  return {std::move(name), Kind::kGauge, help, std::move(labels)};
}

Metric counter(std::string name, std::string_view help) {
  return {std::move(name), Kind::kCounter, help, {}};
}

}  // namespace

CloudMetrics::CloudMetrics(Registry& registry)
    : online(registry, gauge("edgelane_cloud_online", "1 while the hub is connected.")),
      messages(registry,
               gauge("edgelane_outbox_messages", "Messages that wait for the cloud.", {"class"})),
      bytes(registry, gauge("edgelane_outbox_bytes", "Their bytes.", {"class"})),
      gaps(registry,
           gauge("edgelane_outbox_gaps", "Records of lost messages that wait for the cloud.")),
      accepted(registry,
               counter("edgelane_outbox_accepted_total", "Messages that were kept for the cloud.")),
      acknowledged(registry, counter("edgelane_cloud_acknowledged_total",
                                     "Publications that the cloud has taken.")),
      given_up(registry,
               counter("edgelane_cloud_refused_total", "Publications that it never will take.")),
      commands(registry,
               counter("edgelane_cloud_commands_total", "Commands that were carried out.")),
      connections(registry,
                  counter("edgelane_cloud_connections_total", "Connections that were made.")),
      unclaimed(registry, counter("edgelane_cloud_unclaimed_total",
                                  "Publications of lanes that nobody took there.")),
      returned(registry, counter("edgelane_cloud_returned_total",
                                 "Publications that the cloud did not take at first.")) {}

}  // namespace edge::observe
