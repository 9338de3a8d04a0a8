// How long a test waits before it fails.
#pragma once

#include <chrono>

#include "edge/base/time.h"

namespace edge::test {

// Far more than anything takes on a busy machine; only a hang reaches it.
inline constexpr Duration kLimit = std::chrono::seconds(60);

}  // namespace edge::test
