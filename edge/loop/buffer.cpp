#include "edge/loop/buffer.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace edge {
namespace {

// As many as connections are usually read in one turn of a busy loop. Memory that goes back to the
// allocator at the end of its heap is given to the system, and costs page faults when it is wanted
// again.
constexpr std::size_t kSpareSmall = 64;
constexpr std::size_t kSpareLarge = 32;

}  // namespace

BufferPool::~BufferPool() {
  for (char* buffer : small_) std::free(buffer);
  for (char* buffer : large_) std::free(buffer);
}

char* BufferPool::acquire(std::size_t size) {
  std::vector<char*>* spare = size == kSmall ? &small_ : size == kLarge ? &large_ : nullptr;
  if (spare != nullptr && !spare->empty()) {
    char* buffer = spare->back();
    spare->pop_back();
    return buffer;
  }
  auto* buffer = static_cast<char*>(std::malloc(size));
  if (buffer == nullptr) throw std::bad_alloc();
  return buffer;
}

void BufferPool::release(char* buffer, std::size_t size) noexcept {
  if (size == kSmall && small_.size() < kSpareSmall) {
    small_.push_back(buffer);
  } else if (size == kLarge && large_.size() < kSpareLarge) {
    large_.push_back(buffer);
  } else {
    std::free(buffer);
  }
}

std::span<char> InputBuffer::space() {
  if (data_ == nullptr) {
    size_ = bulk_ ? BufferPool::kLarge : BufferPool::kSmall;
    data_ = pool_.acquire(size_);
  }
  if (end_ == size_ && begin_ > 0) move_to(data_, size_);
  return {data_ + end_, size_ - end_};
}

void InputBuffer::consume(std::size_t bytes) noexcept {
  begin_ += bytes;
  if (begin_ == end_) release();
}

void InputBuffer::reserve(std::size_t bytes) {
  if (size_ >= bytes) return;
  char* larger = pool_.acquire(bytes);
  char* old = data_;
  const std::size_t old_size = size_;
  move_to(larger, bytes);
  if (old != nullptr) pool_.release(old, old_size);
}

void InputBuffer::move_to(char* data, std::size_t size) noexcept {
  const std::size_t held = end_ - begin_;
  if (held > 0) std::memmove(data, data_ + begin_, held);
  data_ = data;
  size_ = size;
  begin_ = 0;
  end_ = held;
}

void InputBuffer::release() noexcept {
  if (data_ != nullptr) pool_.release(data_, size_);
  data_ = nullptr;
  size_ = begin_ = end_ = 0;
}

}  // namespace edge
