#include "edge/base/backoff.h"

#include <algorithm>

namespace edge {

Duration Backoff::next(Random& random) {
  const auto span = static_cast<std::uint64_t>((3 * last_ - base_).count());
  last_ = std::min(cap_, base_ + Duration(random.below(span + 1)));
  return last_;
}

}  // namespace edge
