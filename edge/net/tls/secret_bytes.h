// SecretBytes: bytes that do not leave memory, and are overwritten when they are done with.
//
// They stand on pages of their own, which are kept out of core dumps and, as far as the limit of
// locked memory allows, out of swap. Nothing prints them.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace edge::tls {

class SecretBytes {
 public:
  SecretBytes() noexcept = default;
  // `size` zeros. Throws std::bad_alloc.
  explicit SecretBytes(std::size_t size);
  static SecretBytes copy_of(std::string_view bytes);
  // From the kernel's generator. Throws std::bad_alloc; std::runtime_error where it fails.
  static SecretBytes random(std::size_t size);

  SecretBytes(SecretBytes&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        mapped_(std::exchange(other.mapped_, 0)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(mapped_, other.mapped_);
    return *this;
  }
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes();

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::span<unsigned char> bytes() noexcept { return {data_, size_}; }
  [[nodiscard]] const unsigned char* data() const noexcept { return data_; }
  [[nodiscard]] std::string_view view() const noexcept {
    return {reinterpret_cast<const char*>(data_), size_};
  }

 private:
  unsigned char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t mapped_ = 0;  // whole pages
};

// Overwrites and empties a secret text.
void wipe(std::string& text) noexcept;

}  // namespace edge::tls
