// GET /v1.0-edgelane/status: the whole hub at a glance, for the command line. Nothing secret.
#include "edge/api/http/handlers.h"
#include "edge/base/json_writer.h"
#include "edge/base/version.h"

namespace edge::api {
namespace {

JsonObject app_json(const Services& services, const blocks::App& app) {
  JsonObject shown;
  shown.add("id", app.id()).add("lane", app.lane().view());
  std::string_view health = "unchecked";
  const auto found = services.connections.find(app.name());
  if (found != services.connections.end()) {
    const AppConnection& connection = found->second;
    shown.add("address", connection.address);
    if (connection.port != 0) shown.add("port", connection.port);
    if (connection.health_checked) {
      health = app.health() == blocks::AppHealth::kHealthy ? "healthy" : "unhealthy";
    }
  }
  shown.add("started", app.started()).add("health", health);
  shown.add("maxConcurrency", app.settings().max_concurrency);
  return shown;
}

std::string status_json(const Services& services) {
  const auto uptime = services.loop.now() - services.began;
  JsonArray apps;
  for (const auto& [id, app] : services.apps.all()) apps.add(app_json(services, *app));
  JsonArray components;
  for (const ComponentInfo& component : services.components) {
    components.add(JsonObject()
                       .add("name", component.name)
                       .add("type", component.type)
                       .add("version", component.version));
  }
  JsonObject shown;
  shown.add("version", kVersion).add("daprVersion", kDaprVersion);
  shown.add("uptimeSeconds", std::chrono::duration_cast<std::chrono::seconds>(uptime).count());
  shown.add("defaultApp", services.default_app);
  return shown.add("apps", apps).add("components", components).text();
}

}  // namespace

Task<void> get_status(Ctx ctx, Request* request) {
  std::string answer = status_json(request->services);
  co_await answer_json(ctx, request, 200, std::move(answer));
}

}  // namespace edge::api
