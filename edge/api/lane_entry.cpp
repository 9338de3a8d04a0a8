#include "edge/api/http/lane_entry.h"

#include "edge/net/http1/text.h"
#include "edge/policy/lanes/lane_baggage.h"

namespace edge::api {
namespace {

using Refusal = blocks::LaneTrip::Refusal;

// What the request says of its lane: the mirror header before baggage.
std::optional<std::string_view> named_lane(const Request& request) {
  const HeaderList& headers = request.headers();
  if (const auto lane = headers.find(request.services.lanes.table().headers.lane)) return lane;
  const auto baggage = headers.find("baggage");
  return baggage ? policy::lane_in_baggage(*baggage) : std::nullopt;
}

// Nothing is believed of who only may be the default app.
policy::CallerTrust trust_in(const Request& request, Identity identity) {
  if (identity == Identity::kAssumed) return {.lane = false, .user = false, .device = false};
  return request.services.lanes.table().trust_in(request.app->id());
}

}  // namespace

bool believes_lane(const Request& request, Identity identity) {
  return trust_in(request, identity).lane;
}

policy::LaneContext lane_at_entry(const Request& request, Identity identity) {
  const policy::LaneHeaderNames& names = request.services.lanes.table().headers;
  const policy::CallerTrust trust = trust_in(request, identity);
  policy::LaneQuestion question;
  if (trust.lane) question.inherited = named_lane(request);
  if (trust.user) question.user = request.headers().find(names.user).value_or("");
  if (trust.device) question.device = request.headers().find(names.device).value_or("");
  question.app = request.app->lane();
  return request.services.lanes.decide(question);
}

LaneTravel::LaneTravel(const Request& request)
    : trip_{request.lane, nullptr, Refusal::kNone},
      own_(request.services.lanes.snapshot(), request.lane,
           request.headers().find("baggage").value_or("")) {
  for (const Header& header : request.headers()) {
    if (!own_.replace(header.name)) kept_.add(header.name, header.value);
  }
}

void LaneTravel::attach(blocks::Call& call) {
  call.lane = &trip_;
  call.headers = &kept_;
  call.own_headers = &own_.list();
}

void LaneTravel::note_served(Request& request) const {
  blocks::LaneCounters& counters = request.services.lanes.counters;
  if (trip_.refusal != Refusal::kNone) ++counters.refused;
  if (trip_.served == nullptr) return;
  const policy::LaneId lane = trip_.served->lane();
  if (lane != trip_.context.lane) ++counters.fallbacks;
  http1::append_header(request.extra_headers, kServedHeader, lane.view());
}

std::optional<blocks::ApiError> LaneTravel::refusal(const Error& error) const {
  if (trip_.refusal == Refusal::kNone) return std::nullopt;
  blocks::ApiError shown{.http = 503, .grpc = Code::kUnavailable};
  shown.tag = trip_.refusal == Refusal::kStrict ? "ERR_LANE_STRICT" : "ERR_LANE_NO_INSTANCE";
  shown.message = error.message;
  return shown;
}

}  // namespace edge::api
