// CloudView: what the hub's tools see of its connection to the cloud and of what waits for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/base/result.h"
#include "edge/base/time.h"
#include "edge/loop/ctx.h"
#include "edge/loop/task.h"

namespace edge::blocks {

// Messages that wait, of one class.
struct CloudQueue {
  std::string_view cls;
  std::int64_t messages = 0;
  std::int64_t bytes = 0;
  std::int64_t max_messages = 0;
  std::int64_t max_bytes = 0;
  std::string_view on_full;
};

struct CloudCounters {  // since the start
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t given_up = 0;
  std::uint64_t commands = 0;
  std::uint64_t connections = 0;
  std::uint64_t unclaimed = 0;  // of lanes, which nobody took there
  std::uint64_t returned = 0;   // not taken at first
};

struct CloudState {
  std::string hub;
  std::string server;
  bool online = false;
  std::string last_error;  // why there is no connection; "" where nothing is known
  std::string lane;        // that the cloud has assigned
  std::uint64_t lane_gen = 0;
  std::string_view lane_phase;
  std::uint32_t epoch = 0;
  std::size_t gaps = 0;      // records of messages that were given up, not yet with the cloud
  std::size_t commands = 0;  // known, with those that are done
  std::vector<CloudQueue> queues;
  CloudCounters counters;
};

struct CloudLaneShare {
  std::string lane;
  std::int64_t messages = 0;
  std::int64_t bytes = 0;
};

struct CloudBacklog {
  std::string_view cls;
  std::optional<WallTime> oldest;  // nothing where none waits, or the clock was not set then
  bool complete = true;            // false: `lanes` are of the oldest messages only
  std::vector<CloudLaneShare> lanes;
};

class CloudView {
 public:
  virtual ~CloudView() = default;
  [[nodiscard]] virtual CloudState state() const = 0;
  // Reads the store. Errors: of the store; kCancelled, kDeadlineExceeded.
  virtual Task<Result<std::vector<CloudBacklog>>> backlog(Ctx ctx) = 0;
};

}  // namespace edge::blocks
