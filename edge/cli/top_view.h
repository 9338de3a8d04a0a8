// What "edgelane top" shows: rates between two readings of a hub's counters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "edge/base/result.h"

namespace edge::cli {

// Sums since the hub started.
struct TopTraffic {
  std::uint64_t count = 0;
  std::uint64_t errors = 0;
  std::uint64_t in_flight = 0;
  std::vector<std::uint64_t> latency;  // how many in each bucket
};

struct TopApp {
  std::string id;
  std::string state;
  TopTraffic requests;  // of the app to the hub
  TopTraffic calls;     // of the hub to the app
};

struct TopComponent {
  std::string name;
  std::string type;
  std::uint64_t count = 0;
  std::uint64_t errors = 0;
};

struct TopTopic {
  std::string component;
  std::string topic;
  std::uint64_t published = 0;
  std::uint64_t delivered = 0;
  std::uint64_t errors = 0;
};

struct TopReading {
  std::string version;
  double uptime_seconds = 0;
  double cpu_seconds = 0;
  std::uint64_t pss_bytes = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_fds = 0;
  std::vector<double> bounds_ms;  // of the latencies' buckets
  std::vector<TopApp> apps;
  std::vector<TopComponent> components;
  std::vector<TopTopic> topics;
};

// Errors: kInvalidArgument.
Result<TopReading> read_top(std::string_view json);

// The latency that a share of the exchanges stayed below, within its bucket by proportion; nothing
// where there were none. Above the last bound it is that bound.
std::optional<double> quantile_ms(const std::vector<std::uint64_t>& buckets,
                                  const std::vector<double>& bounds_ms, double share);

// `before` and `now` are of the same hub; where it has started again between them, `before` counts
// as empty.
std::string top_text(const TopReading& before, const TopReading& now);
std::string top_json(const TopReading& before, const TopReading& now);

}  // namespace edge::cli
