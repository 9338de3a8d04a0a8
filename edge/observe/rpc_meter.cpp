#include "edge/observe/rpc_meter.h"

#include <algorithm>

namespace edge::observe {
namespace {

constexpr int kOtherCode = -1;

// A histogram where it has buckets, else a counter.
Metric metric(std::string_view side, std::string_view what, std::string_view help,
              std::vector<std::string_view> labels, const Buckets* buckets = nullptr) {
  std::string name = "dapr_grpc_io_";
  name.append(side).append("_").append(what);
  const Kind kind = buckets == nullptr ? Kind::kCounter : Kind::kHistogram;
  return {std::move(name), kind, help, std::move(labels), buckets};
}

int code_of(const Status& status) noexcept {
  return status ? 0 : static_cast<int>(status.error().code);
}

}  // namespace

std::string_view status_text(const Status& status) noexcept {
  return status ? "OK" : code_name(status.error().code);
}

RpcFamilies::RpcFamilies(Registry& registry, std::string_view side, std::string_view method_label,
                         std::string_view status_label)
    : count(registry, metric(side, "completed_rpcs", "gRPC calls that have ended.",
                             {"app_id", method_label, status_label})),
      latency(registry, metric(side, side == "server" ? "server_latency" : "roundtrip_latency",
                               "Milliseconds that gRPC calls took.",
                               {"app_id", method_label, status_label}, &latency_buckets())),
      received_bytes(registry,
                     metric(side, "received_bytes_per_rpc", "Bytes of the messages that came.",
                            {"app_id", method_label}, &size_buckets())),
      sent_bytes(registry, metric(side, "sent_bytes_per_rpc", "Bytes of the messages that went.",
                                  {"app_id", method_label}, &size_buckets())) {}

const RpcMeter::Kept& RpcMeter::keep(std::string_view method, int code, std::string_view status) {
  Kept fresh;
  fresh.method = method;
  fresh.code = code;
  fresh.count = &families_.count.with({app_id_, method, status});
  fresh.latency = &families_.latency.with({app_id_, method, status});
  fresh.received_bytes = &families_.received_bytes.with({app_id_, method});
  fresh.sent_bytes = &families_.sent_bytes.with({app_id_, method});
  return kept_.emplace_back(std::move(fresh));
}

const RpcMeter::Kept& RpcMeter::kept(std::string_view method, const Status& status) {
  const int code = code_of(status);
  for (const Kept& known : kept_) {
    if (known.code == code && known.method == method) return known;
  }
  if (kept_.size() + 1 < kMaxKept) return keep(method, code, status_text(status));
  const auto last = std::ranges::find(kept_, kOtherCode, &Kept::code);
  return last != kept_.end() ? *last : keep(kOther, kOtherCode, kOther);
}

void RpcMeter::done(const RpcExchange& exchange) {
  const Kept& series = kept(exchange.method, exchange.status);
  series.count->add();
  series.latency->observe(exchange.took);
  series.received_bytes->observe(exchange.received_bytes);
  series.sent_bytes->observe(exchange.sent_bytes);
}

}  // namespace edge::observe
