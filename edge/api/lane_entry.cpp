#include "edge/api/lane_entry.h"

#include "edge/policy/lanes/lane_baggage.h"

namespace edge::api {
namespace {

using Refusal = blocks::LaneTrip::Refusal;

// What the request says of its lane: the mirror header before baggage.
std::optional<std::string_view> named_lane(const Services& services, const HeaderList& headers) {
  if (const auto lane = headers.find(services.lanes.table().headers.lane)) return lane;
  const auto baggage = headers.find("baggage");
  return baggage ? policy::lane_in_baggage(*baggage) : std::nullopt;
}

// Nothing is believed of who only may be the default app.
policy::CallerTrust trust_in(const Services& services, const Caller& caller) {
  if (caller.identity == Identity::kAssumed) return {.lane = false, .user = false, .device = false};
  return services.lanes.table().trust_in(caller.app->id());
}

}  // namespace

LaneDecision decide_lane(Services& services, const Caller& caller, const HeaderList& headers) {
  if (!services.lanes.active() || caller.app == nullptr) return {};
  const policy::LaneHeaderNames& names = services.lanes.table().headers;
  const policy::CallerTrust trust = trust_in(services, caller);
  policy::LaneQuestion question;
  if (trust.lane) question.inherited = named_lane(services, headers);
  if (trust.user) question.user = headers.find(names.user).value_or("");
  if (trust.device) question.device = headers.find(names.device).value_or("");
  question.app = caller.app->lane();
  return {services.lanes.decide(question), trust.lane};
}

LaneTravel::LaneTravel(Services& services, const policy::LaneContext& lane,
                       const HeaderList& headers)
    : services_(services),
      trip_{lane, nullptr, Refusal::kNone},
      own_(services.lanes.snapshot(), lane, headers.find("baggage").value_or("")) {
  for (const Header& header : headers) {
    if (!own_.replace(header.name)) kept_.add(header.name, header.value);
  }
}

void LaneTravel::attach(blocks::Call& call) {
  call.lane = &trip_;
  call.headers = &kept_;
  call.own_headers = &own_.list();
}

std::optional<policy::LaneId> LaneTravel::note_served(const blocks::Reply* reply) {
  blocks::LaneCounters& counters = services_.lanes.counters;
  if (trip_.refusal != Refusal::kNone) ++counters.refused;
  if (trip_.served == nullptr) return std::nullopt;
  policy::LaneId lane = trip_.served->lane();
  if (reply != nullptr && !trip_.served->settings().hub.empty()) {
    // The other hub may have fallen back too.
    const auto there = policy::LaneId::parse(reply->headers().find(kServedHeader).value_or(""));
    if (there) lane = *there;
  }
  if (lane != trip_.context.lane) ++counters.fallbacks;
  return lane;
}

std::optional<blocks::ApiError> LaneTravel::refusal(const Error& error) const {
  if (trip_.refusal == Refusal::kNone) return std::nullopt;
  blocks::ApiError shown{.http = 503, .grpc = Code::kUnavailable};
  shown.tag = trip_.refusal == Refusal::kStrict ? "ERR_LANE_STRICT" : "ERR_LANE_NO_INSTANCE";
  shown.message = error.message;
  return shown;
}

}  // namespace edge::api
