#include "edge/net/tls/secret_bytes.h"

#include <algorithm>
#include <new>
#include <stdexcept>
#include <sys/mman.h>
#include <unistd.h>

#include <mbedtls/platform_util.h>

#include "edge/net/tls/credentials.h"

namespace edge::tls {
namespace {

std::size_t whole_pages(std::size_t size) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return (size + page - 1) / page * page;
}

}  // namespace

SecretBytes::SecretBytes(std::size_t size) : size_(size), mapped_(whole_pages(size)) {
  if (size == 0) return;
  void* pages =
      ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  // Both help and neither is needed: a small limit of locked memory must not end the hub.
  ::mlock(pages, mapped_);
  ::madvise(pages, mapped_, MADV_DONTDUMP);
  data_ = static_cast<unsigned char*>(pages);
}

SecretBytes::~SecretBytes() {
  if (data_ == nullptr) return;
  mbedtls_platform_zeroize(data_, size_);
  ::munmap(data_, mapped_);
}

SecretBytes SecretBytes::copy_of(std::string_view bytes) {
  SecretBytes copy(bytes.size());
  std::ranges::copy(bytes, copy.bytes().begin());
  return copy;
}

SecretBytes SecretBytes::random(std::size_t size) {
  SecretBytes made(size);
  if (system_random(nullptr, made.bytes().data(), size) != 0) {
    throw std::runtime_error("the system gives no random bytes");
  }
  return made;
}

void wipe(std::string& text) noexcept {
  mbedtls_platform_zeroize(text.data(), text.size());
  text.clear();
}

}  // namespace edge::tls
