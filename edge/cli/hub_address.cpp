#include "edge/cli/hub_address.h"

#include <array>
#include <cstdlib>
#include <optional>
#include <unistd.h>

#include "edge/base/strings.h"
#include "edge/cli/registry.h"

namespace edge::cli {
namespace {

constexpr std::uint16_t kDefaultPort = 3500;
constexpr std::size_t kLongestPath = 107;

constexpr auto kOptions = std::to_array<OptionRow>({
    {"address", "HOST:PORT", "", "The hub's HTTP API"},
    {"socket", "PATH", "",
     "The hub's HTTP API on a Unix socket; an app's own socket speaks in that app's name"},
    {"timeout", "DURATION", "60s", "Time for an answer; 0 for any"},
});

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Error malformed(std::string_view text) {
  return {Code::kInvalidArgument, "expected HOST:PORT or a port, got \"" + std::string(text) +
                                      "\"; write it as 127.0.0.1:3500"};
}

std::optional<std::uint16_t> to_port(std::string_view text) {
  const auto port = parse_unsigned(text);
  if (!port || *port == 0 || *port > UINT16_MAX) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

HubAddress at(Address address) {
  return {std::move(address), environment("DAPR_API_TOKEN"), true};
}

Result<HubAddress> named(std::string_view source, std::string_view text) {
  auto address = parse_hub_address(text);
  if (!address) return address.error().within(source);
  return at(std::move(*address));
}

// By --socket or --address; nothing where neither was given.
Result<std::optional<HubAddress>> chosen(const Arguments& arguments) {
  const std::string socket(arguments.get("socket"));
  const std::string_view address = arguments.get("address");
  if (!socket.empty() && !address.empty()) {
    return Error{Code::kInvalidArgument, "--socket and --address exclude each other; leave one"};
  }
  if (socket.size() > kLongestPath) {
    return Error{Code::kInvalidArgument, "--socket: a path of at most 107 bytes is possible"};
  }
  if (!socket.empty()) return at({"", 0, socket});
  if (address.empty()) return std::optional<HubAddress>();
  auto found = named("--address", address);
  if (!found) return found.error();
  return std::move(*found);
}

// The hub that "edgelane run" started for an app.
std::optional<HubAddress> started_for(std::string_view app_id) {
  if (app_id.empty()) return std::nullopt;
  for (const Instance& instance : running_instances()) {
    if (instance.app_id == app_id) return at({"127.0.0.1", instance.http_port, ""});
  }
  return std::nullopt;
}

Result<HubAddress> from_environment() {
  for (const char* variable : {"EDGELANE_HTTP", "DAPR_HTTP_PORT"}) {
    const std::string text = environment(variable);
    if (!text.empty()) return named(variable, text);
  }
  HubAddress hub = at({"127.0.0.1", kDefaultPort, ""});
  hub.is_chosen = false;
  return hub;
}

}  // namespace

std::span<const OptionRow> hub_options() {
  return kOptions;
}

Result<Address> parse_hub_address(std::string_view text) {
  std::string_view rest = text;
  if (starts_with_ignoring_case(rest, "http://")) rest.remove_prefix(7);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (const auto port = to_port(rest)) return Address{"127.0.0.1", *port, ""};
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos) return malformed(text);
  std::string_view host = rest.substr(0, colon);
  const auto port = to_port(rest.substr(colon + 1));
  const bool in_brackets = host.starts_with('[') && host.ends_with(']');
  if (in_brackets) host = host.substr(1, host.size() - 2);
  const bool is_plain = host.find_first_of("/@[] ") == std::string_view::npos &&
                        (in_brackets || host.find(':') == std::string_view::npos);
  if (!port || host.empty() || !is_plain) return malformed(text);
  return Address{std::string(host), *port, ""};
}

Result<HubAddress> find_hub(const Arguments& arguments) {
  auto given = chosen(arguments);
  if (!given) return given.error();
  return *given ? std::move(**given) : from_environment();
}

Result<HubAddress> find_admin_hub(const Arguments& arguments) {
  auto given = chosen(arguments);
  if (!given) return given.error();
  if (*given) return std::move(**given);
  if (const std::string path = environment("EDGELANE_SOCKET"); !path.empty()) {
    return at({"", 0, path});
  }
  const std::string installed = "/run/edgelane/admin.sock";
  if (::access(installed.c_str(), W_OK) == 0) return at({"", 0, installed});
  return from_environment();
}

Result<HubAddress> find_hub_of(const Arguments& arguments, std::string_view app_id) {
  auto given = chosen(arguments);
  if (!given) return given.error();
  if (*given) return std::move(**given);
  if (auto own = started_for(app_id)) return std::move(*own);
  return from_environment();
}

Result<HubAddress> find_admin_hub_of(const Arguments& arguments, std::string_view app_id) {
  auto given = chosen(arguments);
  if (!given) return given.error();
  if (*given) return std::move(**given);
  if (auto own = started_for(app_id)) return std::move(*own);
  return find_admin_hub(arguments);
}

Result<Duration> timeout_of(const Arguments& arguments) {
  auto timeout = parse_duration(arguments.get("timeout"));
  if (timeout && *timeout >= Duration::zero()) return timeout;
  return Error{Code::kInvalidArgument, "--timeout: expected a duration such as 10s, got \"" +
                                           std::string(arguments.get("timeout")) + "\""};
}

}  // namespace edge::cli
