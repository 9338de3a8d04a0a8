// What is counted for one app: its series, looked up once and kept.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/observe/hub_metrics.h"

namespace edge::observe {

// An HTTP exchange that is over.
struct Exchange {
  std::string_view verb;
  int status = 0;
  Duration took{};
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
};

// Sums over an app's exchanges of one direction.
struct TrafficTotals {
  std::uint64_t count = 0;
  std::uint64_t errors = 0;            // statuses of 500 and more
  std::vector<std::uint64_t> latency;  // as Histogram::counts()
};

// Exchanges of one app in one direction. One app takes at most kMaxKept series of a family, so
// that it cannot take the others' room; what would be one more counts as "other".
class TrafficMeter {
 public:
  static constexpr std::size_t kMaxKept = 24;

  // `families` outlive the meter.
  TrafficMeter(TrafficFamilies& families, std::string app_id);

  void done(const Exchange& exchange);
  [[nodiscard]] TrafficTotals totals() const;
  [[nodiscard]] std::uint64_t in_flight() const noexcept { return in_flight_; }

 private:
  friend class InFlight;
  struct Kept {
    std::uint32_t key;
    bool is_error;
    Counter* count;
    Histogram* latency;
    Histogram* request_bytes;
  };
  const Kept& kept(std::string_view verb, int status);
  const Kept& keep(std::uint32_t key, std::string_view verb, std::string_view status);

  TrafficFamilies& families_;
  std::string app_id_;
  std::vector<Kept> kept_;
  Histogram* response_bytes_ = nullptr;
  std::uint64_t in_flight_ = 0;
};

// Counts as under way while it lives.
class InFlight {
 public:
  explicit InFlight(TrafficMeter* meter) noexcept : meter_(meter) {
    if (meter_ != nullptr) ++meter_->in_flight_;
  }
  InFlight(InFlight&& other) noexcept : meter_(std::exchange(other.meter_, nullptr)) {}
  InFlight& operator=(InFlight&&) = delete;
  ~InFlight() {
    if (meter_ != nullptr) --meter_->in_flight_;
  }

 private:
  TrafficMeter* meter_;
};

// Calls of one app to another.
class InvocationMeter {
 public:
  InvocationMeter(RuntimeMetrics& metrics, std::string caller, std::string callee);

  void sent() noexcept;
  // `status`: HTTP's, or gRPC's code where there was no answer.
  void answered(int status, Duration took);

 private:
  struct Kept {
    int status;
    Counter* sent;
    Counter* received;
    Histogram* latency;
  };
  const Kept& kept(int status);

  RuntimeMetrics& metrics_;
  std::string caller_;
  std::string callee_;
  Counter* requests_sent_;
  Counter* requests_received_;
  std::vector<Kept> kept_;
};

constexpr std::string_view success_text(bool success) noexcept {
  return success ? "true" : "false";
}

class AppMeter {
 public:
  // `metrics` outlive the meter. `name_space`: "" where none was given.
  AppMeter(HubMetrics& metrics, std::string app_id, std::string name_space);

  [[nodiscard]] TrafficMeter& requests() noexcept { return requests_; }  // to the API
  [[nodiscard]] TrafficMeter& calls() noexcept { return calls_; }        // to the app
  [[nodiscard]] const TrafficMeter& requests() const noexcept { return requests_; }
  [[nodiscard]] const TrafficMeter& calls() const noexcept { return calls_; }
  // Of calls that this app makes. Stays valid.
  InvocationMeter& invocations(const AppMeter& callee);

  [[nodiscard]] RpcMeter& rpc_requests() noexcept { return rpc_requests_; }  // as requests()
  [[nodiscard]] RpcMeter& rpc_calls() noexcept { return rpc_calls_; }        // as calls()

  void probed(int status, Duration took);
  // Over gRPC.
  void probed(const Status& status, Duration took);

  // What an app did with a component. `kind` says which of ComponentMetrics.
  struct Use {
    ComponentFamilies ComponentMetrics::* kind;
    std::string_view component;
    std::string_view what;     // the operation, or the topic
    std::string_view outcome;  // "true", "false"; of a delivery success, retry, drop
    std::uint64_t events = 0;  // messages, where a call carries many
  };
  void used(const Use& use, Duration took);
  // Only the messages: of a call whose messages fared differently.
  void carried(const Use& use);

  struct KeptUse {
    ComponentFamilies ComponentMetrics::* kind;
    std::string component;
    std::string what;
    std::string outcome;
    Counter* count = nullptr;  // these three are null where there was nothing to count
    Histogram* latency = nullptr;
    Counter* events = nullptr;

    [[nodiscard]] bool is_publication() const noexcept;
    [[nodiscard]] bool is_delivery() const noexcept;
    [[nodiscard]] std::uint64_t calls() const noexcept {
      return count == nullptr ? 0 : count->value();
    }
    // Of a publication or delivery.
    [[nodiscard]] std::uint64_t messages() const noexcept;
  };
  [[nodiscard]] const std::vector<KeptUse>& uses() const noexcept { return uses_; }

 private:
  KeptUse& kept(const Use& use);
  template <class Series>
  Series& series(Family<Series>& family, const KeptUse& use) const;

  HubMetrics& metrics_;
  std::string app_id_;
  std::string name_space_;
  TrafficMeter requests_;
  TrafficMeter calls_;
  RpcMeter rpc_requests_;
  RpcMeter rpc_calls_;
  struct Pair {
    const AppMeter* callee;
    std::unique_ptr<InvocationMeter> meter;
  };
  std::vector<Pair> invocations_;
  std::vector<KeptUse> uses_;
};

}  // namespace edge::observe
