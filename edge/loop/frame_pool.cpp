#include "edge/loop/frame_pool.h"

#include <array>
#include <new>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define EDGE_PLAIN_FRAMES 1
#endif
#endif

namespace edge::detail {

#ifdef EDGE_PLAIN_FRAMES

void* allocate_frame(std::size_t size) {
  return ::operator new(size);
}
void release_frame(void* frame, std::size_t size) noexcept {
  ::operator delete(frame, size);
}

#else

namespace {

constexpr std::size_t kStep = 16;
constexpr std::size_t kLargest = 2048;
// Spare memory of one size is bounded, so that a burst of connections does not stay for ever.
constexpr std::size_t kSpareBytes = std::size_t{32} * 1024;

struct Spare {
  Spare* next;
};

struct SizeClass {
  Spare* first = nullptr;
  std::size_t count = 0;
};

class FramePool {
 public:
  FramePool() = default;
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;
  ~FramePool() {
    for (SizeClass& spares : classes_) {
      while (spares.first != nullptr) ::operator delete(take(spares));
    }
  }

  void* allocate(std::size_t size) {
    const std::size_t index = (size - 1) / kStep;
    SizeClass& spares = classes_[index];
    return spares.first != nullptr ? take(spares) : ::operator new((index + 1) * kStep);
  }

  void release(void* frame, std::size_t size) noexcept {
    const std::size_t index = (size - 1) / kStep;
    SizeClass& spares = classes_[index];
    if (spares.count * (index + 1) * kStep >= kSpareBytes) {
      ::operator delete(frame);
      return;
    }
    spares.first = ::new (frame) Spare{spares.first};
    ++spares.count;
  }

 private:
  static void* take(SizeClass& spares) noexcept {
    Spare* spare = spares.first;
    spares.first = spare->next;
    --spares.count;
    return spare;
  }

  std::array<SizeClass, kLargest / kStep> classes_;
};

FramePool& pool() {
  static thread_local FramePool frames;
  return frames;
}

}  // namespace

void* allocate_frame(std::size_t size) {
  return size > kLargest ? ::operator new(size) : pool().allocate(size);
}

void release_frame(void* frame, std::size_t size) noexcept {
  if (size > kLargest) {
    ::operator delete(frame);
  } else {
    pool().release(frame, size);
  }
}

#endif

}  // namespace edge::detail
