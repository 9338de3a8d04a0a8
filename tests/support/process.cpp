#include "tests/support/process.h"

#include <chrono>
#include <fcntl.h>
#include <signal.h>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "tests/support/timing.h"

namespace edge::test {

Process::Process(std::vector<std::string> arguments, const std::string& directory) {
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const std::string output = dir_.file("output");
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  pid_ = ::fork();
  if (pid_ == 0) {
    const int out = ::open(output.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
    ::dup2(ends[0], STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    ::signal(SIGPIPE, SIG_DFL);
    if (directory.empty() || ::chdir(directory.c_str()) == 0) ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(ends[0]);
  input_ = ends[1];
  if (pid_ < 0) throw std::runtime_error("fork");
}

Process::~Process() {
  close_input();
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Process::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

std::string Process::wait_for(const std::string& text) const {
  const auto limit = std::chrono::steady_clock::now() + kLimit;
  while (std::chrono::steady_clock::now() < limit) {
    const std::string all = output();
    const auto found = all.find(text);
    const auto line_end = found == std::string::npos ? found : all.find('\n', found);
    if (line_end != std::string::npos) {
      const auto begin = found + text.size();
      return all.substr(begin, line_end - begin);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  throw std::runtime_error("no \"" + text + "\" in: " + output());
}

void Process::write(const std::string& text) const {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(input_, text.data() + written, text.size() - written);
    if (count < 0) throw std::runtime_error("write to a process");
    written += static_cast<std::size_t>(count);
  }
}

void Process::close_input() {
  if (input_ >= 0) ::close(input_);
  input_ = -1;
}

int Process::wait() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace edge::test
