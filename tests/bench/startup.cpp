// Time from fork to the first answer of a program, or to its end.
//
//   bench_startup CPU PORT PATH program [argument...]
//
// The program runs on CPU alone. With PORT 0 its end is waited for; else GET PATH is tried until a
// 2xx comes, and then the program is stopped. Both run before all normal processes, where that is
// allowed. Prints nanoseconds.
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <sched.h>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "tests/bench/http_client.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kLimit = std::chrono::seconds(10);
constexpr auto kBetweenTries = std::chrono::microseconds(20);

[[noreturn]] void become(int cpu, char** command) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(static_cast<std::size_t>(cpu), &only);
  ::sched_setaffinity(0, sizeof only, &only);
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(nowhere, STDERR_FILENO);
  ::execv(command[0], command);
  ::_exit(127);
}

bool wait_for_answer(std::uint16_t port, const std::string& request, pid_t child) {
  bench::HttpClient client;
  const auto limit = Clock::now() + kLimit;
  bool connected = false;
  while (Clock::now() < limit) {
    if (!connected) connected = client.connect(port);
    if (connected) {
      const int status = client.exchange(request);
      if (status / 100 == 2) return true;
      connected = status != 0;
    }
    if (::waitpid(child, nullptr, WNOHANG) == child) return false;
    std::this_thread::sleep_for(kBetweenTries);
  }
  return false;
}

bool ended_well(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fputs("usage: bench_startup CPU PORT PATH program [argument...]\n", stderr);
    return 2;
  }
  const auto port = static_cast<std::uint16_t>(bench::to_number(argv[2]));
  const std::string request = bench::get_request(argv[3]);
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  const sched_param first{.sched_priority = 1};
  ::sched_setscheduler(0, SCHED_RR, &first);
  const auto began = Clock::now();
  const pid_t child = ::fork();
  if (child == 0) become(static_cast<int>(bench::to_number(argv[1])), argv + 4);
  bool good = false;
  if (port == 0) {
    good = ended_well(child);
  } else {
    good = wait_for_answer(port, request, child);
  }
  const auto took = Clock::now() - began;
  if (port != 0) {
    ::kill(child, SIGTERM);
    ended_well(child);
  }
  if (!good) {
    std::fprintf(stderr, "bench_startup: %s gave no good answer\n", argv[4]);
    return 1;
  }
  std::printf("%lld\n", static_cast<long long>(
                            std::chrono::duration_cast<std::chrono::nanoseconds>(took).count()));
}
