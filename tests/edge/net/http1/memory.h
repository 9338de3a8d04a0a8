// What this process holds, for tests of memory.
#pragma once

#include <cstddef>
#include <fstream>
#include <string>

namespace edge::http1::test {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

// A line of /proc/self/status in bytes. Source: proc(5).
inline std::size_t status_bytes(const std::string& name) {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    std::size_t kilobytes = 0;
    if (word == name && status >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

inline std::size_t resident_bytes() {
  return status_bytes("VmRSS:");
}

// The most that was resident since forget_peak().
inline std::size_t peak_bytes() {
  return status_bytes("VmHWM:");
}
// False where the system does not allow it. Source: proc(5), clear_refs.
inline bool forget_peak() {
  std::ofstream clear("/proc/self/clear_refs");
  clear << "5" << std::flush;
  return clear.good();
}

}  // namespace edge::http1::test
