#include "edge/base/read_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

namespace edge {
namespace {

constexpr std::size_t kStep = std::size_t{64} * 1024;

struct Descriptor {
  explicit Descriptor(int opened) noexcept : number(opened) {}
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number;
};

Error system_error() {
  return {Code::kUnavailable, std::strerror(errno)};  // NOLINT(concurrency-mt-unsafe)
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number < 0) return system_error();
  std::string text;
  while (true) {
    const std::size_t had = text.size();
    text.resize(had + std::min(kStep, limit - had + 1));
    const ssize_t got = ::read(file.number, text.data() + had, text.size() - had);
    if (got < 0 && errno != EINTR) return system_error();
    text.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (text.size() > limit) {
      return Error{Code::kResourceExhausted, "over " + std::to_string(limit) + " bytes"};
    }
    if (got == 0) return text;
  }
}

}  // namespace edge
