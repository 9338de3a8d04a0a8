// Memory for coroutine frames, and for small objects that come and go with each request: what was
// freed is kept by size and given out again, for each thread on its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

// Sanitizers have to see every allocation.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define EDGE_PLAIN_FRAMES 1
#endif
#endif

namespace edge::detail {

inline constexpr std::size_t kFrameStep = 16;
inline constexpr std::size_t kLargestFrame = 2048;
// Spare memory of one size is bounded, so that a burst of connections does not stay for ever.
inline constexpr std::size_t kSpareFrameBytes = std::size_t{64} * 1024;

struct SpareFrame {
  SpareFrame* next;
};

struct SpareFrames {
  SpareFrame* first;
  std::size_t count;
};

extern constinit thread_local std::array<SpareFrames, kLargestFrame / kFrameStep> spare_frames;

// From the allocator, rounded up to a step.
void* new_frame(std::size_t size);

#ifdef EDGE_PLAIN_FRAMES

inline void* allocate_frame(std::size_t size) {
  return ::operator new(size);
}
inline void release_frame(void* frame, std::size_t) noexcept {
  ::operator delete(frame);
}

#else

inline void* allocate_frame(std::size_t size) {
  if (size > kLargestFrame) return ::operator new(size);
  SpareFrames& spares = spare_frames[(size - 1) / kFrameStep];
  SpareFrame* spare = spares.first;
  if (spare == nullptr) return new_frame(size);
  spares.first = spare->next;
  --spares.count;
  return spare;
}

inline void release_frame(void* frame, std::size_t size) noexcept {
  if (size > kLargestFrame) return ::operator delete(frame);
  SpareFrames& spares = spare_frames[(size - 1) / kFrameStep];
  if (spares.count * size >= kSpareFrameBytes) return ::operator delete(frame);
  spares.first = ::new (frame) SpareFrame{spares.first};
  ++spares.count;
}

#endif

}  // namespace edge::detail

namespace edge {

// Base of a class whose objects live as long as a request.
class Pooled {
 public:
  static void* operator new(std::size_t size) { return detail::allocate_frame(size); }
  static void operator delete(void* object, std::size_t size) noexcept {
    detail::release_frame(object, size);
  }

 protected:
  ~Pooled() = default;
};

}  // namespace edge
