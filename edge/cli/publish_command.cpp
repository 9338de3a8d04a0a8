// edgelane publish: a message to a topic, in an app's name.
#include <array>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/cli/commands.h"
#include "edge/cli/hub_client.h"
#include "edge/cli/input.h"
#include "edge/cli/output.h"
#include "edge/cli/pubsub_target.h"

namespace edge::cli {
namespace {

constexpr auto kOptions = std::to_array<OptionRow>({
    {"data-file", "FILE", "", "The message from a file; - for standard input", 'f'},
    {"metadata", "NAME=VALUE", "",
     "Of the message, as ttlInSeconds=60 or partitionKey=k; may be repeated", 'm'},
    {"raw", "", "", "Publish the bytes as they are, without an envelope"},
    {"content-type", "TYPE", "",
     "Of the data; without it application/json, or text/plain where it is no JSON"},
    {"app-id", "ID", "", "The app, started by \"edgelane run\", that publishes", 'a'},
});

// Errors: kInvalidArgument.
Result<std::string> metadata_query(const Arguments& arguments) {
  std::string query;
  const auto add = [&query](std::string_view name, std::string_view value) {
    query += (query.empty() ? "?metadata." : "&metadata.") + url_escaped(name) + "=" +
             url_escaped(value);
  };
  for (const std::string& word : arguments.all("metadata")) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Error{Code::kInvalidArgument, "--metadata: expected NAME=VALUE, got \"" + word + "\""};
    }
    add(word.substr(0, equals), word.substr(equals + 1));
  }
  if (arguments.is_on("raw")) add("rawPayload", "true");
  return query;
}

std::string content_type_of(const Arguments& arguments, const std::string& data) {
  if (arguments.has("content-type")) return std::string(arguments.get("content-type"));
  if (arguments.is_on("raw")) return "application/octet-stream";
  return parse_json(data) ? "application/json" : "text/plain";
}

Result<HubRequest> make_request(const Arguments& arguments) {
  const auto& operands = arguments.operands();
  if (operands.size() < 2 && !arguments.has("data-file")) {
    return Error{Code::kInvalidArgument,
                 "the message is missing: write it after the topic, or name a --data-file"};
  }
  auto data = read_input(operands.size() > 1 ? operands[1] : "", arguments.get("data-file"));
  if (!data) return data.error();
  const auto query = metadata_query(arguments);
  if (!query) return query.error();
  const auto timeout = timeout_of(arguments);
  if (!timeout) return timeout.error();
  HubRequest request{.verb = "POST", .target = *query, .timeout = *timeout};
  request.headers.emplace_back("content-type", content_type_of(arguments, *data));
  request.body = std::move(*data);
  return request;
}

Result<int> run(const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return format.error();
  auto request = make_request(arguments);
  if (!request) return request.error();
  const auto hub = find_hub_of(arguments, arguments.get("app-id"));
  if (!hub) return hub.error();
  const auto path = pubsub_path(arguments, *hub);
  if (!path) return path.error();
  request->target.insert(0, "/v1.0/publish" + *path);
  const auto answer = send(*hub, *request);
  if (!answer) return answer.error();
  if (!answer->is_success()) return refusal(*answer);
  const std::string_view reached = answer->header("x-durability");
  if (*format == OutputFormat::kJson) {
    print_line(dump_json({{"topic", arguments.operands()[0]}, {"durability", reached}}));
  } else {
    print_line(reached.empty() ? "published" : "published: " + std::string(reached));
  }
  return 0;
}

}  // namespace

Command publish_command() {
  return {.name = "publish",
          .operands = "TOPIC [DATA]",
          .summary = "Publish a message to a topic",
          .options = {pubsub_options(), kOptions, hub_options(), output_options()},
          .fewest = 1,
          .most = 2,
          .notes =
              "It is published in an app's name: of --app-id, of the app whose --socket or "
              "DAPR_API_TOKEN is used,\nelse of the hub's default app. Prints what the message has "
              "reached: memory, committed (to this\nmachine's disk), or cloud (another server "
              "has it).\n\n"
              "  edgelane publish orders '{\"id\":7}' --metadata ttlInSeconds=60",
          .run = run};
}

}  // namespace edge::cli
