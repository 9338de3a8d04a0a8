// Metrics of the connection to the cloud; on hubs that have one.
#pragma once

#include "edge/observe/metrics.h"

namespace edge::observe {

// Set when somebody looks.
struct CloudMetrics {
  explicit CloudMetrics(Registry& registry);
  Family<Gauge> online;
  Family<Gauge> messages;  // class
  Family<Gauge> bytes;     // class
  Family<Gauge> gaps;
  Family<Gauge> accepted;
  Family<Gauge> acknowledged;
  Family<Gauge> given_up;
  Family<Gauge> commands;
  Family<Gauge> connections;
  Family<Gauge> unclaimed;
  Family<Gauge> returned;
};

}  // namespace edge::observe
