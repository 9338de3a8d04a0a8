#include "edge/daemon/spare_memory.h"

#include <chrono>
#include <malloc.h>

namespace edge::daemon {
namespace {

constexpr Duration kInterval = std::chrono::seconds(5);
// Less is soon used again.
constexpr std::size_t kWorthIt = std::size_t{4} << 20;

}  // namespace

Task<void> give_back_spare_memory(Loop* loop, Ctx ctx) {
  while (true) {
    auto slept = co_await sleep_for(*loop, ctx, kInterval);
    if (!slept) co_return;
    if (::mallinfo2().fordblks >= kWorthIt) ::malloc_trim(kWorthIt / 4);
  }
}

}  // namespace edge::daemon
