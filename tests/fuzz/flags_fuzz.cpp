// Command lines of any content, one argument a line: options that hold together, or a fault.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "edge/base/strings.h"
#include "edge/daemon/flags.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace edge::daemon;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> arguments;
  for (const std::string_view line : edge::split(text, '\n')) arguments.emplace_back(line);
  const auto options = parse_flags(arguments);
  if (!options) {
    if (options.error().message.empty()) std::abort();
    return 0;
  }
  if (options->action != Options::Action::kRun) return 0;
  if (options->app_health.timeout >= options->app_health.interval) std::abort();
  if (options->is_hub() && options->app_port) std::abort();
  if (options->http_port != 0 && options->app_port == options->http_port) std::abort();
  return 0;
}
