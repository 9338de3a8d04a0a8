// Metrics of configuration that is taken over from elsewhere; on hubs that do.
#pragma once

#include "edge/observe/metrics.h"

namespace edge::observe {

// Set when somebody looks. Of component and layer.
struct ConfigurationMetrics {
  explicit ConfigurationMetrics(Registry& registry);
  Family<Gauge> revision;
  Family<Gauge> on_probation;
  Family<Gauge> withheld;
  Family<Gauge> rollbacks;
  Family<Gauge> refusals;
};

}  // namespace edge::observe
