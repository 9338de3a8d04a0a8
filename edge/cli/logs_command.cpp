// edgelane logs: the hub's log, as it was and as it comes.
#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/strings.h"
#include "edge/cli/commands.h"
#include "edge/cli/hub_client.h"
#include "edge/cli/line_splitter.h"
#include "edge/cli/log_line.h"
#include "edge/cli/output.h"

namespace edge::cli {
namespace {

constexpr auto kOptions = std::to_array<OptionRow>({
    {"follow", "", "", "Show further lines as they come", 'f'},
    {"tail", "N", "100", "How many of the last lines to show first", 'n'},
    {"level", "NAME", "", "Only lines of this level and above: debug, info, warn, error, fatal"},
    {"app", "ID", "", "Only lines about this app"},
});

Result<std::string> target_of(const Arguments& arguments) {
  if (!parse_unsigned(arguments.get("tail"))) {
    return Error{Code::kInvalidArgument, "--tail: expected a number of lines, got \"" +
                                             std::string(arguments.get("tail")) + "\""};
  }
  std::string target = "/v1.0-edgelane/logs?tail=" + std::string(arguments.get("tail"));
  if (arguments.is_on("follow")) target += "&follow=true";
  for (const std::string_view name : {"level", "app"}) {
    const std::string_view value = arguments.get(name);
    if (!value.empty()) target.append("&").append(name).append("=").append(url_escaped(value));
  }
  return target;
}

Result<int> run(const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return format.error();
  const auto target = target_of(arguments);
  if (!target) return target.error();
  auto timeout = timeout_of(arguments);
  if (!timeout) return timeout.error();
  if (arguments.is_on("follow") && !arguments.has("timeout")) timeout = Duration::zero();
  const auto hub = find_admin_hub(arguments);
  if (!hub) return hub.error();
  LineSplitter lines([as_json = *format == OutputFormat::kJson](std::string_view line) {
    print_line(as_json ? std::string(line) : log_line_text(line));
    return Flow::kMore;
  });
  const auto show = [&lines](std::string_view piece) {
    const Flow flow = lines.add(piece);
    flush_output();
    return flow;
  };
  const HubRequest request{.target = *target, .timeout = *timeout};
  const auto answer = send(*hub, request, show);
  if (!answer) return answer.error();
  if (!answer->is_success()) return refusal(*answer);
  return 0;
}

}  // namespace

Command logs_command() {
  return {.name = "logs",
          .operands = "",
          .summary = "Show a hub's log",
          .options = {kOptions, hub_options(), output_options()},
          .notes =
              "The hub keeps its last 256 KiB of lines in memory. Only its own user and root "
              "may read them,\nover the socket admin.sock in its run directory.",
          .run = run};
}

}  // namespace edge::cli
