#include "edge/loop/frame_pool.h"

namespace edge::detail {

constinit thread_local std::array<SpareFrames, kLargestFrame / kFrameStep> spare_frames{};

namespace {

// Gives a thread's spare frames back when it ends.
struct Cleaner {
  Cleaner() = default;
  Cleaner(const Cleaner&) = delete;
  Cleaner& operator=(const Cleaner&) = delete;
  ~Cleaner() {
    for (SpareFrames& spares : spare_frames) {
      while (spares.first != nullptr) {
        SpareFrame* spare = spares.first;
        spares.first = spare->next;
        ::operator delete(spare);
      }
      spares.count = 0;
    }
  }
};

}  // namespace

void* new_frame(std::size_t size) {
  static thread_local const Cleaner cleaner;
  static_cast<void>(cleaner);
  return ::operator new((size + kFrameStep - 1) / kFrameStep * kFrameStep);
}

}  // namespace edge::detail
