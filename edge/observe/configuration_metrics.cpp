#include "edge/observe/configuration_metrics.h"

namespace edge::observe {
namespace {

Metric metric(std::string name, Kind kind, std::string_view help) {
  return {std::move(name), kind, help, {"component", "layer"}};
}

}  // namespace

ConfigurationMetrics::ConfigurationMetrics(Registry& registry)
    : revision(registry, metric("edgelane_configuration_revision", Kind::kGauge,
                                "The source's revision that is served.")),
      on_probation(registry, metric("edgelane_configuration_on_probation", Kind::kGauge,
                                    "1 while a revision is on probation.")),
      withheld(registry, metric("edgelane_configuration_withheld", Kind::kGauge,
                                "1 while the source's revision is rolled back or refused.")),
      rollbacks(registry, metric("edgelane_configuration_rollbacks_total", Kind::kCounter,
                                 "Revisions that were rolled back.")),
      refusals(registry, metric("edgelane_configuration_refusals_total", Kind::kCounter,
                                "Revisions that were not signed as they should be.")) {}

}  // namespace edge::observe
