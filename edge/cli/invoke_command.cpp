// edgelane invoke: calls a method of an app through the hub.
#include <array>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/strings.h"
#include "edge/cli/commands.h"
#include "edge/cli/hub_client.h"
#include "edge/cli/input.h"
#include "edge/cli/output.h"

namespace edge::cli {
namespace {

constexpr auto kOptions = std::to_array<OptionRow>({
    {"app-id", "ID", "", "The app to call; needed", 'a'},
    {"method", "PATH", "", "What of it, with a query where wanted; needed", 'm'},
    {"verb", "VERB", "POST", "The HTTP verb", 'v'},
    {"data", "TEXT", "", "The request's body", 'd'},
    {"data-file", "FILE", "", "The request's body from a file; - for standard input", 'f'},
    {"header", "NAME:VALUE", "", "A header of the request; may be repeated"},
});

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
  return out;
}

Status add_headers(const Arguments& arguments, HubRequest& request) {
  for (const std::string& header : arguments.all("header")) {
    const std::size_t colon = header.find(':');
    if (colon == std::string::npos || colon == 0) {
      return Error{Code::kInvalidArgument, "--header: expected NAME:VALUE, got \"" + header + "\""};
    }
    request.headers.emplace_back(header.substr(0, colon),
                                 trim(std::string_view(header).substr(colon + 1)));
  }
  return {};
}

bool has_header(const HubRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (equals_ignoring_case(key, name)) return true;
  }
  return false;
}

Result<std::string> make_target(std::string_view app_id, std::string_view method) {
  const std::size_t question = method.find('?');
  const std::string_view query = question == std::string_view::npos ? "" : method.substr(question);
  if (query.find_first_of(" \r\n\t") != std::string_view::npos) {
    return Error{Code::kInvalidArgument, "--method: write blanks in a query as %20"};
  }
  std::string_view path = method.substr(0, question);
  if (path.starts_with('/')) path.remove_prefix(1);
  return "/v1.0/invoke/" + percent_encode_path(app_id) + "/method/" + percent_encode_path(path) +
         std::string(query);
}

Result<HubRequest> make_request(const Arguments& arguments) {
  HubRequest request;
  const std::string_view app_id = arguments.get("app-id");
  if (app_id.empty() || arguments.get("method").empty()) {
    return Error{Code::kInvalidArgument,
                 "--app-id and --method are needed, as in edgelane invoke --app-id lamp --method "
                 "status --verb GET"};
  }
  auto target = make_target(app_id, arguments.get("method"));
  if (!target) return target.error();
  request.target = std::move(*target);
  request.verb = upper(arguments.get("verb"));
  if (auto added = add_headers(arguments, request); !added) return added.error();
  auto body = read_input(arguments.get("data"), arguments.get("data-file"));
  if (!body) return body.error();
  request.body = std::move(*body);
  if (!request.body.empty() && !has_header(request, "content-type")) {
    request.headers.emplace_back("content-type", "application/json");
  }
  auto timeout = timeout_of(arguments);
  if (!timeout) return timeout.error();
  request.timeout = *timeout;
  return request;
}

// Whether the hub itself says so, rather than the app.
bool is_refusal(const HubAnswer& answer) {
  return answer.body.starts_with(R"({"errorCode":"ERR_)") || answer.body == "invalid api token\n";
}

Result<int> judge(const HubAnswer& answer, const std::string& app_id) {
  if (answer.status < 400) return 0;
  return Error{Code::kUnknown, app_id + " answered with status " + std::to_string(answer.status)};
}

Result<int> print_as_it_comes(const HubAddress& hub, const HubRequest& request,
                              const std::string& app_id) {
  char last = '\n';
  const BodySink show = [&last](std::string_view piece) {
    if (!piece.empty()) last = piece.back();
    print(piece);
    flush_output();
    return Flow::kMore;
  };
  const auto answer = send(hub, request, show);
  if (!answer) return answer.error();
  if (answer->status >= 400 && is_refusal(*answer)) return refusal(*answer);
  show(answer->body);
  // What comes next begins on a line of its own.
  if (last != '\n' && ::isatty(STDOUT_FILENO) == 1) print("\n");
  return judge(*answer, app_id);
}

// The body as JSON where it is JSON, else as "text", else as "base64".
Result<int> print_json(const HubAddress& hub, const HubRequest& request,
                       const std::string& app_id) {
  const auto answer = send(hub, request);
  if (!answer) return answer.error();
  if (answer->status >= 400 && is_refusal(*answer)) return refusal(*answer);
  nlohmann::json shown = {{"status", answer->status}};
  for (const auto& [name, value] : answer->headers) shown["headers"][name] = value;
  if (auto body = parse_json(answer->body)) {
    shown["body"] = std::move(*body);
  } else if (is_utf8(answer->body)) {
    shown["text"] = answer->body;
  } else {
    shown["base64"] = base64_encode(answer->body);
  }
  print_line(dump_json(shown));
  return judge(*answer, app_id);
}

Result<int> run(const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return format.error();
  const auto request = make_request(arguments);
  if (!request) return request.error();
  const std::string app_id(arguments.get("app-id"));
  const auto hub = find_hub_of(arguments, app_id);
  if (!hub) return hub.error();
  return *format == OutputFormat::kJson ? print_json(*hub, *request, app_id)
                                        : print_as_it_comes(*hub, *request, app_id);
}

}  // namespace

Command invoke_command() {
  return {
      .name = "invoke",
      .operands = "",
      .summary = "Call a method of an app through the hub",
      .options = {kOptions, hub_options(), output_options()},
      .notes =
          "The answer's body is printed as it comes; --output json shows status and headers "
          "too.\n\n"
          "The hub that \"edgelane run\" started for the app is asked first, unless --address or "
          "--socket names\none. On a hub without a default app, use --socket with the calling "
          "app's own socket, or set\nDAPR_API_TOKEN to its token.\n\n"
          "  edgelane invoke --app-id lamp --method status --verb GET",
      .run = run};
}

}  // namespace edge::cli
