// A program that a test starts beside itself; ended with its owner.
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

#include "tests/support/temp_dir.h"

namespace edge::test {

class Process {
 public:
  // Finds `arguments[0]` in PATH and runs it in `directory` ("" = here).
  explicit Process(std::vector<std::string> arguments, const std::string& directory = "");
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Everything that it has written to standard output and error so far.
  [[nodiscard]] std::string output() const { return read_file(dir_.file("output")); }
  // Waits until output() holds `text`, and gives what follows it on its line.
  std::string wait_for(const std::string& text) const;
  // Writes to its standard input.
  void write(const std::string& text) const;
  // Ends its standard input.
  void close_input();
  // Sends it a signal.
  void signal(int number) const;
  // Waits for its end; gives its exit code, or minus the signal that ended it.
  int wait();

 private:
  TempDir dir_;
  pid_t pid_ = -1;
  int input_ = -1;
};

}  // namespace edge::test
