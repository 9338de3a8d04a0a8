// Survey: what waits in the outbox, by class and lane, for somebody who looks.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "sync/core/message.h"

namespace edge::sync {

struct LaneShare {
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
};

struct ClassSurvey {
  std::map<std::string, LaneShare> lanes;  // of the messages that were looked at
  std::string oldest_id;                   // "" where nothing waits
  bool complete = true;                    // false: there are more than were looked at
};

using Survey = std::array<ClassSurvey, kClasses>;

}  // namespace edge::sync
