// A gRPC call to an app that is counted when this goes away.
#pragma once

#include <string>

#include "edge/observe/meters.h"

namespace edge::api {

class CountedRpc {
 public:
  // `meter` is null where nobody counts; it and the clock outlive this.
  CountedRpc(const Clock& clock, observe::AppMeter* meter, std::string_view method)
      : clock_(clock), meter_(meter), began_(clock.now()), method_(method) {}
  CountedRpc(const CountedRpc&) = delete;
  CountedRpc& operator=(const CountedRpc&) = delete;
  ~CountedRpc() {
    if (meter_ == nullptr) return;
    exchange_.method = method_;
    exchange_.took = clock_.now() - began_;
    meter_->rpc_calls().done(exchange_);
  }

  // Until then it counts as cancelled.
  void ended(const Status& status) { exchange_.status = status; }
  void carried(std::size_t sent_bytes, std::size_t received_bytes) noexcept {
    exchange_.sent_bytes = sent_bytes;
    exchange_.received_bytes = received_bytes;
  }

 private:
  const Clock& clock_;
  observe::AppMeter* meter_;
  TimePoint began_;
  std::string method_;
  observe::RpcExchange exchange_{.status = Error{Code::kCancelled, ""}};
};

}  // namespace edge::api
