// edgelaned: the daemon.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <sys/prctl.h>
#include <utility>

#include "edge/base/log.h"
#include "edge/base/version.h"
#include "edge/daemon/flags.h"
#include "edge/daemon/host.h"
#include "edge/daemon/hub.h"
#include "edge/daemon/load.h"
#include "edge/daemon/wait.h"

namespace edge::daemon {
namespace {

constexpr std::string_view kScope = "dapr.runtime";

int fail(const Error& error) {
  log::write(log::Level::kFatal, kScope, error.message);
  return 1;
}

Status configure_log(const Options& options) {
  log::Options log_options;
  log_options.level = options.log_level;
  log_options.format = options.log_format;
  log_options.app_id = options.app_id;
  log_options.instance = host_name();
  log_options.file = options.log_file;
  return log::configure(std::move(log_options));
}

// What a daprd has in its own environment, for components that look there.
void export_environment(const Options& options) {
  if (options.is_hub()) return;
  ::setenv("APP_ID", options.app_id.c_str(), 1);
  if (options.app_port) ::setenv("APP_PORT", std::to_string(*options.app_port).c_str(), 1);
  ::setenv("DAPR_HTTP_PORT", std::to_string(options.http_port).c_str(), 1);
  ::setenv("DAPR_GRPC_PORT", std::to_string(options.grpc_port).c_str(), 1);
  ::setenv("DAPR_METRICS_PORT", std::to_string(options.metrics_port).c_str(), 1);
  ::setenv("HOST_ADDRESS", host_ip().c_str(), 1);
}

// Secrets stand in memory: no core dump holds them, and no other program of this user reads them
// from there.
void keep_memory_private() {
  ::prctl(PR_SET_DUMPABLE, 0);
}

// What outlives a hub that starts again: a signal in between is for the next one.
struct Process {
  UvLoop loop;
  Signals signals{loop, {SIGINT, SIGTERM, SIGHUP}};
};

// The exit code; nothing where it is to start again. Errors: it does not start.
Result<std::optional<int>> run_once(Process& process, const Options& options,
                                    Resources& resources) {
  Hub hub(process.loop, process.signals, options, resources);
  auto code = run(process.loop, hub.run());
  if (!code) return std::move(code).error();
  return hub.wants_restart() ? std::nullopt : std::optional(*code);
}

int run_hub(const Options& options) {
  keep_memory_private();
  if (auto configured = configure_log(options); !configured) {
    std::fprintf(stderr, "edgelaned: %s\n", configured.error().message.c_str());
    return 1;
  }
  for (const std::string& warning : options.warnings) log::warn(kScope, warning);
  export_environment(options);
  auto resources = load_everything(options);
  if (!resources) return fail(resources.error());
  Process process;
  std::optional<Resources> before;  // what ran until it was to be read again
  while (true) {
    auto code = run_once(process, options, *resources);
    if (code && *code) return **code;
    if (!code && !before) return fail(code.error());
    if (!code) {
      log::error(kScope, "the hub does not start with the changed resources: what ran goes on",
                 {{"error", code.error().message}});
      // They are not tried again before they change again.
      before->fixed_fingerprint = resources->fixed_fingerprint;
      resources = std::move(*std::exchange(before, std::nullopt));
      continue;
    }
    auto fresh = load_everything(options);
    before = std::move(*resources);
    resources = fresh ? std::move(fresh) : Result<Resources>(*before);
  }
}

int act(const Options& options) {
  switch (options.action) {
    case Options::Action::kHelp:
      std::fputs(help_text("edgelaned").c_str(), stdout);
      return 0;
    case Options::Action::kVersion:
      std::printf("%s\n", std::string(kDaprVersion).c_str());
      return 0;
    case Options::Action::kBuildInfo:
      std::printf("Edgelane %s, speaks Dapr %s\n", std::string(kVersion).c_str(),
                  std::string(kDaprVersion).c_str());
      return 0;
    case Options::Action::kWait:
      return wait_until_ready(options.http_port);
    case Options::Action::kRun:
      return run_hub(options);
  }
  return 1;
}

}  // namespace
}  // namespace edge::daemon

int main(int argc, char** argv) {
  // A log that nobody reads any more, or a client that left, must not end the hub.
  std::signal(SIGPIPE, SIG_IGN);
  const auto options = edge::daemon::parse_flags({argv + 1, argv + argc});
  if (!options) {
    std::fprintf(stderr, "edgelaned: %s\n", options.error().message.c_str());
    return 1;
  }
  return edge::daemon::act(*options);
}
