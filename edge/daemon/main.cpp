// edgelaned: the daemon.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sys/prctl.h>

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

int run_hub(const Options& options) {
  keep_memory_private();
  if (auto configured = configure_log(options); !configured) {
    std::fprintf(stderr, "edgelaned: %s\n", configured.error().message.c_str());
    return 1;
  }
  for (const std::string& warning : options.warnings) log::warn(kScope, warning);
  export_environment(options);
  while (true) {
    auto resources = load_everything(options);
    if (!resources) return fail(resources.error());
    UvLoop loop;
    Hub hub(loop, options, *resources);
    auto code = run(loop, hub.run());
    if (!code) return fail(code.error());
    if (!hub.wants_restart()) return *code;
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
