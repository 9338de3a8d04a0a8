// Read buffers: borrowed from a pool while bytes are in them, so that an idle connection holds
// none.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace edge {

// Two sizes: small for heads and messages, large for bodies that stream. Keeps a bounded
// number of spare ones, so that memory comes down again after a burst. One a loop; not thread-safe.
class BufferPool {
 public:
  static constexpr std::size_t kSmall = std::size_t{32} * 1024;
  static constexpr std::size_t kLarge = std::size_t{64} * 1024;

  BufferPool() = default;
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  char* acquire(std::size_t size);
  void release(char* buffer, std::size_t size) noexcept;

 private:
  std::vector<char*> small_;
  std::vector<char*> large_;
};

// Bytes that were read and not yet consumed, in one contiguous piece.
class InputBuffer {
 public:
  explicit InputBuffer(BufferPool& pool) noexcept : pool_(pool) {}
  ~InputBuffer() { release(); }
  InputBuffer(const InputBuffer&) = delete;
  InputBuffer& operator=(const InputBuffer&) = delete;

  [[nodiscard]] std::string_view view() const noexcept { return {data_ + begin_, end_ - begin_}; }
  // The same bytes, for a reader that decodes them in place.
  [[nodiscard]] std::span<char> bytes() noexcept { return {data_ + begin_, end_ - begin_}; }
  [[nodiscard]] bool full() const noexcept { return data_ != nullptr && end_ - begin_ == size_; }

  // Free space at the end; moves what is held to the front to make some. Empty when full().
  std::span<char> space();
  void commit(std::size_t bytes) noexcept { end_ += bytes; }
  void consume(std::size_t bytes) noexcept;
  // Gives an unused buffer back.
  void release_if_empty() noexcept {
    if (begin_ == end_) release();
  }
  // The next buffer is a large one: the bytes to come are a long body.
  void expect_bulk() noexcept { bulk_ = true; }
  // Makes room for `bytes` in one piece. Moves what is held.
  void reserve(std::size_t bytes);

 private:
  void release() noexcept;
  void move_to(char* data, std::size_t size) noexcept;

  BufferPool& pool_;
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool bulk_ = false;
};

}  // namespace edge
