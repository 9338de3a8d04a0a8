#include "edge/blocks/lanes/lane_headers.h"

#include "edge/policy/lanes/lane_baggage.h"

namespace edge::blocks {

LaneHeaders::LaneHeaders(std::shared_ptr<const policy::LaneTable> table,
                         const policy::LaneContext& context, std::string_view baggage)
    : table_(std::move(table)), lane_(context.lane), travels_(context.travels()) {
  baggage_ = travels_ ? policy::with_lane(baggage, lane_) : policy::without_lane(baggage);
  if (!baggage_.empty()) list_.add("baggage", baggage_);
  if (travels_) list_.add(table_->headers.lane, lane_.view());
}

bool LaneHeaders::replace(std::string_view name) const noexcept {
  return equals_ignoring_case(name, "baggage") || equals_ignoring_case(name, table_->headers.lane);
}

}  // namespace edge::blocks
