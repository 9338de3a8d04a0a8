// Lines out of pieces that begin and end anywhere.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "edge/cli/hub_client.h"

namespace edge::cli {

class LineSplitter {
 public:
  // Given each line without its end; says whether it wants more.
  using Take = std::function<Flow(std::string_view line)>;

  explicit LineSplitter(Take take) : take_(std::move(take)) {}

  Flow add(std::string_view piece);

 private:
  Take take_;
  std::string begun_;
};

}  // namespace edge::cli
