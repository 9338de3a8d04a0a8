// A program that this process started: its output, its end, signals to it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "edge/base/result.h"
#include "edge/cli/run/line_writer.h"

namespace edge::cli {

// A file descriptor that is closed with its owner.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();
  [[nodiscard]] int get() const noexcept { return number_; }
  [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }
  void close() noexcept { *this = Descriptor(); }

 private:
  int number_;
};

// What a child reads: nothing, or what we would.
enum class ChildInput : std::uint8_t { kNothing, kOurs };

struct ChildPlan {
  std::vector<std::string> command;  // a program with a slash, or one of PATH; its arguments
  std::vector<std::pair<std::string, std::string>> environment;  // over ours
  std::vector<std::string> without;                              // of our environment
  ChildInput input = ChildInput::kNothing;
  std::string prefix;  // of each line that it prints
};

// In a process group of its own, so that a signal reaches it only from here, with what it
// started; and it is told to end when this process is killed.
class Child {
 public:
  // Errors: kNotFound or kPermissionDenied, where the program cannot be run.
  static Result<Child> start(const ChildPlan& plan);

  [[nodiscard]] pid_t process() const noexcept { return process_; }
  [[nodiscard]] bool is_running() const noexcept { return !code_; }
  // The exit code, or 128 and the signal that ended it. Legal where !is_running().
  [[nodiscard]] int code() const noexcept { return *code_; }

  // To the whole process group.
  void signal(int number) const noexcept;
  // Notes its end, if it came, and passes on the last of its output.
  void reap();

  // Its standard output and error; closed ones are at their end.
  [[nodiscard]] std::array<int, 2> outputs() const noexcept {
    return {out_.pipe.get(), error_.pipe.get()};
  }
  // Passes on what can be read now.
  void pump();

 private:
  struct Output {
    Descriptor pipe;
    LineWriter writer;
    void pump(int reads);
    void end();
  };
  Child(pid_t process, Output out, Output error);

  pid_t process_;
  Output out_;
  Output error_;
  std::optional<int> code_;
};

}  // namespace edge::cli
