// The clock floor: the time before which it cannot be, whatever the system's clock says.
//
// A device without a battery starts in 1970, or where it was switched off. While its clock is
// behind the floor it is wrong, and a certificate is judged by what is known: one that "is not
// valid yet" is accepted unless it had expired by the floor. What is valid by the system's clock
// stays so, also where the floor is wrong. Any thread.
#pragma once

#include "edge/base/time.h"

namespace edge::tls {

// At first the day of this release.
WallTime clock_floor() noexcept;
void set_clock_floor(WallTime time) noexcept;

}  // namespace edge::tls
