// gRPC calls of one app in one direction: its series, looked up once and kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "edge/base/result.h"
#include "edge/observe/metrics.h"

namespace edge::observe {

// From apps to the API, or from the hub to apps; `side` is "server" or "client".
struct RpcFamilies {
  RpcFamilies(Registry& registry, std::string_view side, std::string_view method_label,
              std::string_view status_label);
  Family<Counter> count;             // app_id, method, status
  Family<Histogram> latency;         // the same
  Family<Histogram> received_bytes;  // app_id, method
  Family<Histogram> sent_bytes;      // app_id, method
};

// A call that is over.
struct RpcExchange {
  std::string_view method;  // "/package.Service/Method"
  Status status;
  Duration took{};
  std::uint64_t received_bytes = 0;  // of messages, of calls that are no streams
  std::uint64_t sent_bytes = 0;
};

// One app takes at most kMaxKept series of a family; what would be one more counts as "other".
class RpcMeter {
 public:
  static constexpr std::size_t kMaxKept = 48;

  // `families` outlive the meter.
  RpcMeter(RpcFamilies& families, std::string app_id)
      : families_(families), app_id_(std::move(app_id)) {}

  void done(const RpcExchange& exchange);

 private:
  struct Kept {
    std::string method;
    int code;  // of its status; 0 is good
    Counter* count;
    Histogram* latency;
    Histogram* received_bytes;
    Histogram* sent_bytes;
  };
  const Kept& kept(std::string_view method, const Status& status);
  const Kept& keep(std::string_view method, int code, std::string_view status);

  RpcFamilies& families_;
  std::string app_id_;
  std::vector<Kept> kept_;
};

// As daprd's metrics spell a status: "OK", "NotFound".
std::string_view status_text(const Status& status) noexcept;

}  // namespace edge::observe
