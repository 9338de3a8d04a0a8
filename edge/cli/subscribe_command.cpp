// edgelane subscribe: what is published on a topic, as it comes.
#include <array>
#include <cstdio>
#include <optional>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/strings.h"
#include "edge/cli/commands.h"
#include "edge/cli/hub_client.h"
#include "edge/cli/line_splitter.h"
#include "edge/cli/output.h"
#include "edge/cli/pubsub_target.h"

namespace edge::cli {
namespace {

using Json = nlohmann::json;

constexpr auto kOptions = std::to_array<OptionRow>({
    {"count", "N", "0", "End after so many messages; 0 for any number", 'n'},
    {"raw", "", "", "Print whole messages with their envelopes, rather than their data"},
    {"app-id", "ID", "",
     "The app, started by \"edgelane run\" or of this hub, whose topic it is; matters where topics "
     "belong to namespaces",
     'a'},
});

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

enum class Shown : std::uint8_t { kData, kWhole };

// What an app would be given, or the message as it is; nothing where the line has neither.
std::optional<std::string> message_text(const Json& line, Shown shown) {
  for (const std::string_view name : {"text", "base64"}) {
    if (const Json* found = find_member(line, name)) return text_of(*found);
  }
  const Json* event = find_member(line, "event");
  if (event == nullptr) return std::nullopt;
  const bool is_envelope = find_member(*event, "specversion") != nullptr;
  for (const std::string_view name : {"data", "data_base64"}) {
    const Json* data = shown == Shown::kWhole || !is_envelope ? nullptr : find_member(*event, name);
    if (data != nullptr) return text_of(*data);
  }
  return text_of(*event);
}

// Prints the stream's lines and counts the messages.
class Printer {
 public:
  Printer(const Arguments& arguments, OutputFormat format, std::uint64_t count)
      : format_(format),
        shown_as_(arguments.is_on("raw") ? Shown::kWhole : Shown::kData),
        with_topic_(arguments.operands()[0].find_first_of("+#") != std::string::npos),
        count_(count) {}

  Flow take(std::string_view text) {
    const auto line = parse_json(text);
    if (!line) return Flow::kMore;
    if (find_member(*line, "subscribed") != nullptr) return note_subscribed();
    if (const auto lost = int_member(*line, "lost"); lost && *lost) return note_lost(**lost);
    const auto message = message_text(*line, shown_as_);
    if (!message) return Flow::kMore;
    if (format_ == OutputFormat::kJson) {
      print_line(text);
    } else {
      print_message(*line, *message);
    }
    flush_output();
    return ++shown_ == count_ ? Flow::kEnough : Flow::kMore;
  }

  [[nodiscard]] bool subscribed() const noexcept { return subscribed_; }
  [[nodiscard]] std::uint64_t shown() const noexcept { return shown_; }
  [[nodiscard]] bool is_done() const noexcept { return count_ != 0 && shown_ == count_; }

 private:
  Flow note_subscribed() {
    subscribed_ = true;
    std::fputs("edgelane: subscribed\n", stderr);
    return Flow::kMore;
  }
  static Flow note_lost(std::int64_t lost) {
    std::fprintf(stderr, "edgelane: %lld messages came faster than they were read and are lost\n",
                 static_cast<long long>(lost));
    return Flow::kMore;
  }
  void print_message(const Json& line, const std::string& message) const {
    const Json* topic = with_topic_ ? find_member(line, "topic") : nullptr;
    // A table of one row: nothing in it speaks to the terminal.
    print(topic == nullptr ? table_text({{message}}) : table_text({{text_of(*topic), message}}));
  }

  OutputFormat format_;
  Shown shown_as_;
  bool with_topic_;
  std::uint64_t count_;
  std::uint64_t shown_ = 0;
  bool subscribed_ = false;
};

Result<HubRequest> make_request(const Arguments& arguments, const HubAddress& hub) {
  const auto path = pubsub_path(arguments, hub);
  if (!path) return path.error();
  HubRequest request{.target = "/v1.0-edgelane/subscribe" + *path};
  const std::string_view app_id = arguments.get("app-id");
  if (!app_id.empty()) request.target += "?app=" + url_escaped(app_id);
  const auto timeout = timeout_of(arguments);
  if (!timeout) return timeout.error();
  request.timeout = arguments.has("timeout") ? *timeout : Duration::zero();
  return request;
}

// What the end of the stream means.
Result<int> judge(const Printer& printer, const Result<HubAnswer>& answer, std::uint64_t count) {
  if (printer.is_done()) return 0;
  if (answer && !answer->is_success()) return refusal(*answer);
  const bool timed_out = !answer && answer.error().code == Code::kDeadlineExceeded;
  if (timed_out && printer.subscribed()) {
    if (count == 0) return 0;
    return Error{Code::kUnknown, std::to_string(printer.shown()) + " of " + std::to_string(count) +
                                     " messages came in time; give it longer with --timeout"};
  }
  if (!answer) return answer.error();
  return Error{Code::kUnavailable, "the hub has ended the stream: it stops, or the bus is gone"};
}

Result<int> run(const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return format.error();
  const auto count = parse_unsigned(arguments.get("count"));
  if (!count) {
    return Error{Code::kInvalidArgument, "--count: expected a number of messages, got \"" +
                                             std::string(arguments.get("count")) + "\""};
  }
  const auto hub = find_admin_hub_of(arguments, arguments.get("app-id"));
  if (!hub) return hub.error();
  const auto request = make_request(arguments, *hub);
  if (!request) return request.error();
  Printer printer(arguments, *format, *count);
  LineSplitter lines([&printer](std::string_view line) { return printer.take(line); });
  const auto answer =
      send(*hub, *request, [&lines](std::string_view piece) { return lines.add(piece); });
  return judge(printer, answer, *count);
}

}  // namespace

Command subscribe_command() {
  return {.name = "subscribe",
          .operands = "TOPIC",
          .summary = "Print the messages of a topic as they come, until Ctrl-C",
          .options = {pubsub_options(), kOptions, hub_options(), output_options()},
          .fewest = 1,
          .most = 1,
          .notes =
              "It begins with what is published from now on, takes nothing away from apps, and "
              "leaves nothing\nbehind. TOPIC may have the wildcards + and #, in quotes. With "
              "--timeout it ends after so long.\nA hub shows messages only over its socket "
              "admin.sock (--socket, EDGELANE_SOCKET), a daprd on\nits port.\n\n"
              "  edgelane subscribe orders --count 1 --output json",
          .run = run};
}

}  // namespace edge::cli
