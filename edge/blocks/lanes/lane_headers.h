// The headers that tell the next hop which lane it is in.
#pragma once

#include <memory>
#include <string>

#include "edge/base/header_list.h"
#include "edge/policy/lanes/lane_table.h"

namespace edge::blocks {

class LaneHeaders {
 public:
  // `baggage`: the caller's, whose other members go on.
  LaneHeaders(std::shared_ptr<const policy::LaneTable> table, const policy::LaneContext& context,
              std::string_view baggage = "");
  LaneHeaders(const LaneHeaders&) = delete;
  LaneHeaders& operator=(const LaneHeaders&) = delete;

  [[nodiscard]] const HeaderList& list() const noexcept { return list_; }
  // Whether a header of the caller is replaced by these, or must not go on.
  [[nodiscard]] bool replace(std::string_view name) const noexcept;

 private:
  std::shared_ptr<const policy::LaneTable> table_;  // has the mirror header's name
  policy::LaneId lane_;
  std::string baggage_;
  HeaderList list_;
};

}  // namespace edge::blocks
