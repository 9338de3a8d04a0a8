// GET /v1.0-edgelane/status: the whole hub at a glance, for the command line. Nothing secret.
#include <nlohmann/json.hpp>

#include "edge/api/http/handlers.h"
#include "edge/base/version.h"

namespace edge::api {
namespace {

using Json = nlohmann::ordered_json;

Json app_json(const Services& services, const blocks::App& app) {
  Json shown = {{"id", app.id()}, {"lane", app.lane().view()}};
  std::string_view health = "unchecked";
  const auto found = services.connections.find(app.name());
  if (found != services.connections.end()) {
    const AppConnection& connection = found->second;
    shown["address"] = connection.address;
    if (connection.port != 0) shown["port"] = connection.port;
    if (connection.health_checked) {
      health = app.health() == blocks::AppHealth::kHealthy ? "healthy" : "unhealthy";
    }
  }
  shown["started"] = app.started();
  shown["health"] = health;
  shown["maxConcurrency"] = app.settings().max_concurrency;
  return shown;
}

}  // namespace

Task<void> get_status(Ctx ctx, Request* request) {
  const Services& services = request->services;
  const auto uptime = services.loop.now() - services.began;
  Json shown = {{"version", kVersion},
                {"daprVersion", kDaprVersion},
                {"uptimeSeconds", std::chrono::duration_cast<std::chrono::seconds>(uptime).count()},
                {"defaultApp", services.default_app},
                {"apps", Json::array()},
                {"components", Json::array()}};
  for (const auto& [id, app] : services.apps.all()) {
    shown["apps"].push_back(app_json(services, *app));
  }
  for (const ComponentInfo& component : services.components) {
    shown["components"].push_back(
        {{"name", component.name}, {"type", component.type}, {"version", component.version}});
  }
  co_await answer_json(ctx, request, 200,
                       shown.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace edge::api
