// Copies a child's output line by line, each with a prefix, so that two children do not mix.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace edge::cli {

class LineWriter {
 public:
  using Sink = std::function<void(std::string_view)>;

  LineWriter(std::string prefix, Sink sink) : prefix_(std::move(prefix)), sink_(std::move(sink)) {}

  // Passes on the lines that are whole now; a line over 64 KiB is broken.
  void take(std::string_view bytes);
  // Passes on what is left, as a line.
  void finish();

 private:
  std::string prefix_;
  Sink sink_;
  std::string rest_;  // of a line that has not ended
};

// Writes everything to a descriptor, waiting where it must. Gives up where nobody reads any more.
void write_all(int descriptor, std::string_view bytes) noexcept;

}  // namespace edge::cli
