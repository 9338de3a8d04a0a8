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
  // "" where the next hop is told nothing.
  [[nodiscard]] std::string_view lane_name() const noexcept {
    return travels_ ? lane_.view() : std::string_view();
  }
  // Whether a header of the caller is replaced by these, or must not go on.
  [[nodiscard]] bool replace(std::string_view name) const noexcept;

 private:
  std::shared_ptr<const policy::LaneTable> table_;  // has the mirror header's name
  policy::LaneId lane_;
  bool travels_;
  std::string baggage_;
  HeaderList list_;
};

}  // namespace edge::blocks
