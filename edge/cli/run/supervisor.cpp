#include "edge/cli/run/supervisor.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <vector>

namespace edge::cli {
namespace {

constexpr std::chrono::seconds kStartTime(60);
constexpr std::chrono::seconds kEndTime(10);
constexpr std::chrono::seconds kEcho(1);
constexpr int kCannotRun = 126;
constexpr int kNoSuchProgram = 127;

void say(const std::string& text) {
  write_all(STDERR_FILENO, "edgelane: " + text + "\n");
}

// From now on these come by the descriptor that is returned.
Result<Descriptor> divert_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCHLD}) {
    sigaddset(&set, number);
  }
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  Descriptor signals(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (signals.is_open()) return signals;
  return Error{Code::kResourceExhausted, std::string("signalfd: ") + std::strerror(errno)};
}

std::string ending(int code) {
  if (code > 128) return std::string("was ended by signal ") + strsignal(code - 128);
  return "ended with exit code " + std::to_string(code);
}

}  // namespace

Result<int> Supervisor::run() {
  auto signals = divert_signals();
  if (!signals) return signals.error();
  signals_ = std::move(*signals);
  if (auto started = start_hub(); !started) return started.error();
  while (goes_on()) wait_for_events();
  unregister_instance();
  return result_.value_or(1);
}

Status Supervisor::start_hub() {
  auto ready = NotifySocket::open();
  if (!ready) return ready.error();
  ready_.emplace(std::move(*ready));
  plan_.hub.environment.emplace_back("NOTIFY_SOCKET", ready_->path());
  plan_.hub.without = {"WATCHDOG_USEC", "WATCHDOG_PID"};
  auto hub = Child::start(plan_.hub);
  if (!hub) return hub.error();
  hub_.emplace(std::move(*hub));
  limit_ = Clock::now() + kStartTime;
  return {};
}

void Supervisor::start_app() {
  limit_.reset();
  auto app = Child::start(plan_.app);
  if (!app) {
    say(app.error().message);
    result_ = app.error().code == Code::kNotFound ? kNoSuchProgram : kCannotRun;
    stop_hub(SIGTERM);
    return;
  }
  app_.emplace(std::move(*app));
  plan_.instance.hub_pid = hub_->process();
  plan_.instance.app_pid = app_->process();
  if (auto noted = register_instance(plan_.instance); !noted) {
    say("edgelane list will not know this app: " + noted.error().message);
  }
  say(plan_.greeting);
}

void Supervisor::wait_for_events() {
  std::vector<pollfd> waits = {{signals_.get(), POLLIN, 0}};
  if (!hub_is_ready_) waits.push_back({ready_->descriptor(), POLLIN, 0});
  for (const auto* child : {&hub_, &app_}) {
    if (!*child) continue;
    for (const int output : (*child)->outputs()) waits.push_back({output, POLLIN, 0});
  }
  ::poll(waits.data(), waits.size(), wait_time());
  if (hub_) hub_->pump();
  if (app_) app_->pump();
  read_signals();
  note_ends();
  if (!hub_is_ready_ && hub_->is_running() && ready_->read_ready()) {
    hub_is_ready_ = true;
    if (told_to_stop_ == 0 && !hub_must_end_) start_app();
  }
  if (limit_ && Clock::now() >= *limit_) {
    limit_.reset();
    if (app_) {
      app_is_late();
    } else {
      hub_is_late();
    }
  }
}

// Milliseconds for poll(2).
int Supervisor::wait_time() const {
  if (!limit_) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*limit_ - Clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

void Supervisor::read_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    const int number = static_cast<int>(info.ssi_signo);
    if (number != SIGCHLD) take_signal(number);
  }
}

void Supervisor::take_signal(int number) {
  const bool app_runs = app_ && app_->is_running();
  if (number == SIGUSR1 || number == SIGUSR2) {
    if (app_runs) app_->signal(number);
    return;
  }
  if (told_to_stop_ != 0) {
    if (Clock::now() < told_at_ + kEcho) return;
    say("a second signal: killing the app and the hub");
    if (app_runs) app_->signal(SIGKILL);
    stop_hub(SIGKILL);
    return;
  }
  told_to_stop_ = number;
  told_at_ = Clock::now();
  if (app_runs) {
    app_->signal(number);
    limit_ = Clock::now() + kEndTime;
    return;
  }
  if (!result_) result_ = 128 + number;
  stop_hub(SIGTERM);
}

void Supervisor::note_ends() {
  const bool app_ran = app_ && app_->is_running();
  const bool hub_ran = hub_->is_running();
  if (app_) app_->reap();
  hub_->reap();
  if (app_ran && !app_->is_running()) {
    limit_.reset();
    if (!result_) result_ = app_->code();
    if (hub_->is_running()) say("the app " + ending(app_->code()));
    stop_hub(SIGTERM);
  }
  if (!hub_ran || hub_->is_running() || hub_must_end_) return;
  say("the hub " + ending(hub_->code()) + "; its last lines above tell why");
  result_ = 1;
  limit_.reset();
  if (!app_ || !app_->is_running()) return;
  app_->signal(SIGTERM);
  limit_ = Clock::now() + kEndTime;
}

void Supervisor::stop_hub(int number) {
  hub_must_end_ = true;
  if (!app_) limit_.reset();
  hub_->signal(number);
}

void Supervisor::hub_is_late() {
  say("the hub was not ready within a minute; its lines above tell what it waits for");
  result_ = 1;
  stop_hub(SIGTERM);
}

void Supervisor::app_is_late() {
  say("the app has not ended 10 s after the signal: killing it");
  app_->signal(SIGKILL);
}

bool Supervisor::goes_on() const {
  return hub_->is_running() || (app_ && app_->is_running());
}

}  // namespace edge::cli
