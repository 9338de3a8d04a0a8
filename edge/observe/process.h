// What this process takes from the machine. Source: proc(5).
#pragma once

#include <cstdint>

namespace edge::observe {

struct ProcessFigures {
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_fds = 0;
  std::uint64_t max_fds = 0;
  double cpu_seconds = 0;
};

// Some 20 µs. What cannot be read is 0.
ProcessFigures process_figures();

// Memory of this process's own, and its share of what it shares; 0 where the kernel does not say.
// The kernel walks all pages for it: some 200 µs.
std::uint64_t proportional_bytes();

}  // namespace edge::observe
