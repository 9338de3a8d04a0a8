// edgelane top: what a hub and its apps do, every second.
#include <array>
#include <thread>
#include <unistd.h>

#include "edge/cli/commands.h"
#include "edge/cli/hub_client.h"
#include "edge/cli/output.h"
#include "edge/cli/top_view.h"

namespace edge::cli {
namespace {

constexpr auto kOptions = std::to_array<OptionRow>({
    {"once", "", "", "Show one interval and end; so it does where the output is no terminal"},
    {"interval", "DURATION", "1s", "Time between two looks"},
});

// The cursor to the top left; what is behind the text that follows is erased line by line.
constexpr std::string_view kClearScreen = "\x1b[2J";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kClearRest = "\x1b[J";

Result<Duration> interval_of(const Arguments& arguments) {
  const auto interval = parse_duration(arguments.get("interval"));
  if (interval && *interval >= std::chrono::milliseconds(100)) return interval;
  return Error{Code::kInvalidArgument, "--interval: expected a duration of at least 100ms, got \"" +
                                           std::string(arguments.get("interval")) + "\""};
}

Result<TopReading> fetch(const HubAddress& hub, Duration timeout) {
  const auto answer = send(hub, {.target = "/v1.0-edgelane/top", .timeout = timeout});
  if (!answer) return answer.error();
  if (answer->status == 404) {
    return Error{Code::kUnimplemented,
                 "what answers at " + hub.address.text() +
                     " does not tell its counters: it is a daprd, or an older hub"};
  }
  if (!answer->is_success()) return refusal(*answer);
  return read_top(answer->body);
}

// On a terminal each line is cut where it would wrap: the screen then stays a table.
std::string screen_text(const std::string& text) {
  std::string out(kHome);
  for (const char c : text) {
    if (c == '\n') out += "\x1b[K";
    out += c;
  }
  return out.append(kClearRest);
}

enum class Screen : std::uint8_t { kOnce, kRefreshed };

void show(const std::string& text, Screen screen) {
  if (screen == Screen::kOnce) {
    print_line(text);
  } else {
    print(screen_text(text));
  }
  flush_output();
}

struct Watch {
  HubAddress hub;
  Duration timeout;
  Duration interval;
  OutputFormat format;
  Screen screen;
};

Result<int> watch(const Watch& how) {
  auto before = fetch(how.hub, how.timeout);
  if (!before) return before.error();
  const bool is_json = how.format == OutputFormat::kJson;
  if (how.screen == Screen::kRefreshed && !is_json) print(kClearScreen);
  while (true) {
    std::this_thread::sleep_for(how.interval);
    auto now = fetch(how.hub, how.timeout);
    if (!now) return now.error();
    if (is_json) {
      print_line(top_json(*before, *now));
      flush_output();
    } else {
      show(top_text(*before, *now), how.screen);
    }
    if (how.screen == Screen::kOnce) return 0;
    before = std::move(now);
  }
}

Result<int> run(const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return format.error();
  const auto interval = interval_of(arguments);
  if (!interval) return interval.error();
  const auto timeout = timeout_of(arguments);
  if (!timeout) return timeout.error();
  const auto hub = find_hub(arguments);
  if (!hub) return hub.error();
  const bool once = arguments.is_on("once") || ::isatty(STDOUT_FILENO) == 0;
  return watch({*hub, *timeout, *interval, *format, once ? Screen::kOnce : Screen::kRefreshed});
}

}  // namespace

Command top_command() {
  return {
      .name = "top",
      .operands = "",
      .summary = "Show what a hub and its apps do, every second",
      .options = {kOptions, hub_options(), output_options()},
      .notes =
          "REQUESTS are those of an app to the hub, CALLS those of the hub to an app; errors are "
          "answers of\n500 and more. Latencies are the calls' of the interval, or since the "
          "hub's start where it had\nnone. Ctrl-C ends it.",
      .run = run};
}

}  // namespace edge::cli
