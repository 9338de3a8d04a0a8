#include "edge/cli/run/child.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace edge::cli {
namespace {

// A child that never stops printing must not keep us from anything else.
constexpr int kReadsAtOnce = 8;
constexpr int kReadsAtEnd = 64;

struct Pipe {
  Descriptor read;
  Descriptor write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return Error{Code::kResourceExhausted, std::string("pipe: ") + std::strerror(errno)};
  }
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

// Where the child's standard streams and its report of a failed start go.
struct Streams {
  int input;  // -1: nothing
  int output;
  int error;
  int report;
};

void connect_streams(const Streams& streams) {
  const int nothing = streams.input < 0 ? ::open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
  if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
  ::dup2(streams.output, STDOUT_FILENO);
  ::dup2(streams.error, STDERR_FILENO);
}

// In the child: as a shell would have started it. Does not return.
[[noreturn]] void become(const ChildPlan& plan, const Streams& streams, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);
  std::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  connect_streams(streams);
  for (const std::string& name : plan.without) ::unsetenv(name.c_str());
  for (const auto& [name, value] : plan.environment) ::setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> words;
  for (const std::string& word : plan.command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::execvp(words[0], words.data());
  const int failure = errno;
  write_all(streams.report, {reinterpret_cast<const char*>(&failure), sizeof failure});
  ::_exit(127);
}

Error cannot_run(const std::string& program, int failure) {
  const Code code = failure == ENOENT ? Code::kNotFound : Code::kPermissionDenied;
  return {code, "cannot run " + program + ": " + std::strerror(failure) +
                    (failure == ENOENT ? "; is the path right, is it in PATH?" : "")};
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Child::Child(pid_t process, Output out, Output error)
    : process_(process), out_(std::move(out)), error_(std::move(error)) {}

Result<Child> Child::start(const ChildPlan& plan) {
  auto out = make_pipe();
  if (!out) return out.error();
  auto error = make_pipe();
  if (!error) return error.error();
  auto report = make_pipe();
  if (!report) return report.error();
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  if (process < 0) {
    return Error{Code::kResourceExhausted, std::string("fork: ") + std::strerror(errno)};
  }
  if (process == 0) {
    const int input = plan.input == ChildInput::kOurs ? STDIN_FILENO : -1;
    become(plan, {input, out->write.get(), error->write.get(), report->write.get()}, parent);
  }
  ::setpgid(process, process);
  report->write.close();
  int failure = 0;
  ssize_t told = 0;
  do {
    told = ::read(report->read.get(), &failure, sizeof failure);
  } while (told < 0 && errno == EINTR);
  if (told > 0) {
    ::waitpid(process, nullptr, 0);
    return cannot_run(plan.command.front(), failure);
  }
  ::fcntl(out->read.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(error->read.get(), F_SETFL, O_NONBLOCK);
  const auto to = [](int descriptor) {
    return [descriptor](std::string_view bytes) { write_all(descriptor, bytes); };
  };
  return Child(process, {std::move(out->read), LineWriter(plan.prefix, to(STDOUT_FILENO))},
               {std::move(error->read), LineWriter(plan.prefix, to(STDERR_FILENO))});
}

void Child::signal(int number) const noexcept {
  if (is_running()) ::kill(-process_, number);
}

void Child::reap() {
  int status = 0;
  if (code_ || ::waitpid(process_, &status, WNOHANG) != process_) return;
  code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  // What a process that it left behind prints later is not waited for.
  for (Output* output : {&out_, &error_}) {
    output->pump(kReadsAtEnd);
    output->end();
  }
}

void Child::pump() {
  out_.pump(kReadsAtOnce);
  error_.pump(kReadsAtOnce);
}

void Child::Output::pump(int reads) {
  std::array<char, 16384> bytes;
  for (; reads > 0 && pipe.is_open(); --reads) {
    const ssize_t count = ::read(pipe.get(), bytes.data(), bytes.size());
    if (count > 0) {
      writer.take({bytes.data(), static_cast<std::size_t>(count)});
    } else if (count < 0 && errno == EINTR) {
      continue;
    } else {
      if (count == 0) end();
      return;
    }
  }
}

void Child::Output::end() {
  writer.finish();
  pipe.close();
}

}  // namespace edge::cli
