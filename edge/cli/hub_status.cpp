#include "edge/cli/hub_status.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/cli/hub_client.h"

namespace edge::cli {
namespace {

std::string text_of(const nlohmann::json& object, std::string_view name) {
  const auto text = string_member(object, name);
  return text && *text ? **text : "";
}

std::int64_t number_of(const nlohmann::json& object, std::string_view name) {
  const auto number = int_member(object, name);
  return number ? number->value_or(0) : 0;
}

HubApp read_app(const nlohmann::json& object) {
  HubApp app;
  app.id = text_of(object, "id");
  app.lane = text_of(object, "lane");
  app.address = text_of(object, "address");
  const auto port = number_of(object, "port");
  app.port = std::in_range<std::uint16_t>(port) ? static_cast<std::uint16_t>(port) : 0;
  app.health = text_of(object, "health");
  const auto started = bool_member(object, "started");
  app.started = started && started->value_or(false);
  app.max_concurrency = number_of(object, "maxConcurrency");
  return app;
}

// The array of that name; an empty one where it is missing.
nlohmann::json list_of(const nlohmann::json& object, std::string_view name) {
  const auto* list = find_member(object, name);
  return list != nullptr && list->is_array() ? *list : nlohmann::json::array();
}

}  // namespace

std::string HubApp::state() const {
  if (!started) return "starting";
  return health == "unchecked" ? "running" : health;
}

std::string HubApp::place() const {
  if (address.empty()) return "-";
  return port == 0 ? address : Address{address, port, ""}.text();
}

Result<HubStatus> read_status(std::string text) {
  const auto object = parse_json(text);
  if (!object || find_member(*object, "apps") == nullptr) {
    return Error{Code::kInvalidArgument, "what answers there is not an Edgelane hub"};
  }
  HubStatus status;
  status.version = text_of(*object, "version");
  status.dapr_version = text_of(*object, "daprVersion");
  status.uptime = std::chrono::seconds(number_of(*object, "uptimeSeconds"));
  status.default_app = text_of(*object, "defaultApp");
  for (const auto& app : list_of(*object, "apps")) status.apps.push_back(read_app(app));
  for (const auto& item : list_of(*object, "components")) {
    status.components.push_back(
        {text_of(item, "name"), text_of(item, "type"), text_of(item, "version")});
  }
  status.text = std::move(text);
  return status;
}

Result<HubStatus> fetch_status(const HubAddress& hub, Duration timeout) {
  auto answer = send(hub, {.target = "/v1.0-edgelane/status", .timeout = timeout});
  if (!answer) return answer.error();
  if (answer->status == 404) {
    return Error{Code::kUnimplemented,
                 "what answers at " + hub.address.text() +
                     " does not tell its status: it is a daprd, or an older hub"};
  }
  if (!answer->is_success()) return refusal(*answer);
  auto status = read_status(std::move(answer->body));
  if (!status) return Error{Code::kUnimplemented, status.error().message};
  return status;
}

Result<std::string> only_component(const HubAddress& hub, Duration timeout,
                                   const ComponentKind& kind) {
  const auto status = fetch_status(hub, timeout);
  if (!status) return status.error();
  std::vector<std::string> names;
  for (const HubComponent& component : status->components) {
    if (!component.type.starts_with(kind.prefix)) continue;
    if (component.name == kind.usual) return component.name;
    names.push_back(component.name);
  }
  if (names.size() == 1) return names.front();
  if (names.empty()) {
    return Error{Code::kNotFound, "the hub at " + hub.address.text() + " has no " +
                                      std::string(kind.one) + "; add a component of type " +
                                      std::string(kind.example) + " to its resources"};
  }
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return Error{Code::kInvalidArgument, "the hub has several " + std::string(kind.many) +
                                           "; name one with " + std::string(kind.option) + ": " +
                                           list};
}

}  // namespace edge::cli
