#include "edge/observe/meters.h"

#include <algorithm>

namespace edge::observe {
namespace {

constexpr std::string_view kUnary = "unary";
constexpr int kOtherStatus = -1;
constexpr std::uint32_t kOtherKey = UINT32_MAX;
// Of uses of components that one app is shown with.
constexpr std::size_t kMaxUses = 48;

constexpr auto kVerbs = std::to_array<std::string_view>(
    {"GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "CONNECT", "TRACE", "UNKNOWN"});

std::uint32_t verb_index(std::string_view verb) noexcept {
  std::uint32_t index = 0;
  while (index + 1 < kVerbs.size()) {
    const std::string_view known = kVerbs[index];
    if (known.size() == verb.size() && known[0] == verb[0] && known == verb) break;
    ++index;
  }
  return index;
}

}  // namespace

TrafficMeter::TrafficMeter(TrafficFamilies& families, std::string app_id)
    : families_(families), app_id_(std::move(app_id)) {}

const TrafficMeter::Kept& TrafficMeter::keep(std::uint32_t key, std::string_view verb,
                                             std::string_view status) {
  Kept fresh;
  fresh.key = key;
  fresh.is_error = status.starts_with('5');
  fresh.count = &families_.count.with({app_id_, verb, "", status});
  fresh.latency = &families_.latency.with({app_id_, verb, "", status});
  fresh.request_bytes = &families_.request_bytes.with({app_id_, verb, "", ""});
  return kept_.emplace_back(fresh);
}

const TrafficMeter::Kept& TrafficMeter::kept(std::string_view verb, int status) {
  constexpr int kStatuses = 1000;
  const std::uint32_t index = verb_index(verb);
  const auto number = static_cast<std::uint32_t>(std::clamp(status, 0, kStatuses - 1));
  const std::uint32_t key = index * kStatuses + number;
  for (const Kept& known : kept_) {
    if (known.key == key) return known;
  }
  if (kept_.size() + 1 < kMaxKept) return keep(key, kVerbs[index], std::to_string(number));
  const auto last = std::ranges::find(kept_, kOtherKey, &Kept::key);
  return last != kept_.end() ? *last : keep(kOtherKey, kOther, kOther);
}

void TrafficMeter::done(const Exchange& exchange) {
  const Kept& series = kept(exchange.verb, exchange.status);
  if (response_bytes_ == nullptr) response_bytes_ = &families_.response_bytes.with({app_id_});
  series.count->add();
  series.latency->observe(exchange.took);
  series.request_bytes->observe(exchange.request_bytes);
  response_bytes_->observe(exchange.response_bytes);
}

TrafficTotals TrafficMeter::totals() const {
  TrafficTotals totals;
  totals.latency.resize(latency_buckets().bounds.size() + 1);
  for (const Kept& series : kept_) {
    totals.count += series.count->value();
    if (series.is_error) totals.errors += series.count->value();
    const auto counts = series.latency->counts();
    for (std::size_t i = 0; i < counts.size(); ++i) totals.latency[i] += counts[i];
  }
  return totals;
}

InvocationMeter::InvocationMeter(RuntimeMetrics& metrics, std::string caller, std::string callee)
    : metrics_(metrics),
      caller_(std::move(caller)),
      callee_(std::move(callee)),
      requests_sent_(&metrics.requests_sent.with({caller_, callee_, kUnary})),
      requests_received_(&metrics.requests_received.with({callee_, caller_})) {}

void InvocationMeter::sent() noexcept {
  requests_sent_->add();
  requests_received_->add();
}

const InvocationMeter::Kept& InvocationMeter::kept(int status) {
  auto found = std::ranges::find(kept_, status, &Kept::status);
  if (found != kept_.end()) return *found;
  const bool has_room = kept_.size() + 1 < TrafficMeter::kMaxKept;
  if (!has_room && status != kOtherStatus) return kept(kOtherStatus);
  const std::string text = has_room ? std::to_string(status) : std::string(kOther);
  Kept fresh;
  fresh.status = status;
  fresh.sent = &metrics_.responses_sent.with({callee_, caller_, text});
  fresh.received = &metrics_.responses_received.with({caller_, callee_, text, kUnary});
  fresh.latency = &metrics_.response_latency.with({caller_, callee_, text});
  return kept_.emplace_back(fresh);
}

void InvocationMeter::answered(int status, Duration took) {
  const Kept& series = kept(status);
  series.sent->add();
  series.received->add();
  series.latency->observe(took);
}

AppMeter::AppMeter(HubMetrics& metrics, std::string app_id, std::string name_space)
    : metrics_(metrics),
      app_id_(std::move(app_id)),
      name_space_(std::move(name_space)),
      requests_(metrics.requests, app_id_),
      calls_(metrics.calls, app_id_),
      rpc_requests_(metrics.rpc_requests, app_id_),
      rpc_calls_(metrics.rpc_calls, app_id_) {}

InvocationMeter& AppMeter::invocations(const AppMeter& callee) {
  for (const Pair& known : invocations_) {
    if (known.callee == &callee) return *known.meter;
  }
  auto fresh = std::make_unique<InvocationMeter>(metrics_.runtime, app_id_, callee.app_id_);
  return *invocations_.emplace_back(&callee, std::move(fresh)).meter;
}

void AppMeter::probed(int status, Duration took) {
  const std::string text = std::to_string(status);
  metrics_.probes.count.with({app_id_, text}).add();
  metrics_.probes.latency.with({app_id_, text}).observe(took);
}

void AppMeter::probed(const Status& status, Duration took) {
  metrics_.rpc_probes.count.with({app_id_, status_text(status)}).add();
  metrics_.rpc_probes.latency.with({app_id_, status_text(status)}).observe(took);
}

bool AppMeter::KeptUse::is_publication() const noexcept {
  return kind == &ComponentMetrics::pubsub_egress || kind == &ComponentMetrics::pubsub_egress_bulk;
}

bool AppMeter::KeptUse::is_delivery() const noexcept {
  return kind == &ComponentMetrics::pubsub_ingress ||
         kind == &ComponentMetrics::pubsub_ingress_bulk;
}

std::uint64_t AppMeter::KeptUse::messages() const noexcept {
  const bool is_bulk = kind == &ComponentMetrics::pubsub_egress_bulk ||
                       kind == &ComponentMetrics::pubsub_ingress_bulk;
  if (!is_bulk) return calls();
  return events == nullptr ? 0 : events->value();
}

template <class Series>
Series& AppMeter::series(Family<Series>& family, const KeptUse& use) const {
  const bool by_topic = use.is_publication() || use.is_delivery();
  const std::string_view first = by_topic ? use.outcome : use.what;
  const std::string_view second = by_topic ? use.what : use.outcome;
  return family.with({app_id_, use.component, name_space_, first, second});
}

AppMeter::KeptUse& AppMeter::kept(const Use& use) {
  const auto found = std::ranges::find_if(uses_, [&use](const KeptUse& known) {
    return known.kind == use.kind && known.what == use.what && known.outcome == use.outcome &&
           known.component == use.component;
  });
  if (found != uses_.end()) return *found;
  if (uses_.size() < kMaxUses || use.what == kOther) {
    KeptUse& fresh = uses_.emplace_back();
    fresh.kind = use.kind;
    fresh.component = use.component;
    fresh.what = use.what;
    fresh.outcome = use.outcome;
    return fresh;
  }
  Use other = use;
  other.what = kOther;
  return kept(other);
}

void AppMeter::used(const Use& use, Duration took) {
  KeptUse& known = kept(use);
  ComponentFamilies& families = metrics_.components.*use.kind;
  if (known.count == nullptr) {
    known.count = &series(families.count, known);
    known.latency = &series(families.latency, known);
  }
  known.count->add();
  known.latency->observe(took);
  if (use.events > 0) carried(use);
}

void AppMeter::carried(const Use& use) {
  KeptUse& known = kept(use);
  if (known.events == nullptr) {
    known.events = &series(*(metrics_.components.*use.kind).events, known);
  }
  known.events->add(use.events);
}

}  // namespace edge::observe
