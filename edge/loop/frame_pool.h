// Where coroutine frames live: lists of spare ones by size, for a loop that makes many.
//
// One list for each thread. Builds with a sanitizer use the plain allocator, which sees a frame
// that is used after its end.
#pragma once

#include <cstddef>

namespace edge::detail {

void* allocate_frame(std::size_t size);
void release_frame(void* frame, std::size_t size) noexcept;

}  // namespace edge::detail
