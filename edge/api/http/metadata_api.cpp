#include <algorithm>

#include "edge/api/http/handlers.h"
#include "edge/api/topics.h"
#include "edge/base/json_writer.h"
#include "edge/base/version.h"

namespace edge::api {
namespace {

bool in_scope(const std::vector<std::string>& scopes, const std::string& app) {
  return scopes.empty() || std::find(scopes.begin(), scopes.end(), app) != scopes.end();
}

JsonArray components_of(const Services& services, const std::string& app) {
  JsonArray list;
  for (const ComponentInfo& component : services.components) {
    if (!in_scope(component.scopes, app)) continue;
    JsonObject shown;
    shown.add("name", component.name).add("type", component.type);
    shown.add("version", component.version);
    const JsonArray capabilities = json_array(component.capabilities);
    if (!capabilities.empty()) shown.add("capabilities", capabilities);
    list.add(shown);
  }
  return list;
}

JsonObject connection_json(const AppConnection& connection) {
  JsonObject shown;
  if (connection.port != 0) shown.add("port", connection.port);
  shown.add("protocol", connection.protocol).add("channelAddress", connection.address);
  if (connection.max_concurrency > 0) shown.add("maxConcurrency", connection.max_concurrency);
  if (connection.health_checked) {
    shown.add("health", JsonObject()
                            .add("healthCheckPath", connection.health_path)
                            .add("healthProbeInterval", format_duration(connection.health_interval))
                            .add("healthProbeTimeout", format_duration(connection.health_timeout))
                            .add("healthThreshold", connection.health_threshold));
  }
  return shown;
}

JsonArray endpoints_of(const Services& services, const std::string& app) {
  JsonArray list;
  for (const auto& [name, endpoint] : services.invoker.endpoints()) {
    if (in_scope(endpoint.scopes, app)) list.add(JsonObject().add("name", name));
  }
  return list;
}

JsonArray rules_of(const blocks::SubscriptionText& text) {
  JsonArray rules;
  for (const blocks::RuleText& rule : text.rules) {
    rules.add(JsonObject().add("match", rule.match).add("path", rule.path));
  }
  if (text.default_path) {
    rules.add(JsonObject().add("match", "").add("path", *text.default_path));
  }
  return rules;
}

const char* name_of(blocks::Origin origin) {
  switch (origin) {
    case blocks::Origin::kDeclarative:
      return "DECLARATIVE";
    case blocks::Origin::kProgrammatic:
      return "PROGRAMMATIC";
    case blocks::Origin::kStreaming:
      return "STREAMING";
  }
  return "UNKNOWN";
}

JsonArray subscriptions_of(const Services& services, const std::string& app) {
  JsonArray list;
  for (const blocks::TopicSubscription* subscription : topics_of(services, app)) {
    const blocks::SubscriptionText& text = subscription->text();
    JsonObject shown;
    shown.add("pubsubname", text.pubsub).add("topic", text.topic);
    if (!text.metadata.empty()) shown.add("metadata", json_object(text.metadata));
    shown.add("rules", rules_of(text)).add("deadLetterTopic", text.dead_letter_topic);
    shown.add("type", name_of(text.origin));
    list.add(shown);
  }
  return list;
}

void add_unless_empty(JsonObject& shown, std::string_view name, const JsonArray& list) {
  if (!list.empty()) shown.add(name, list);
}

// What the app has noted does not replace our two.
JsonObject extended_of(const blocks::App* app) {
  std::map<std::string, std::string, std::less<>> notes;
  if (app != nullptr) notes.insert(app->notes().begin(), app->notes().end());
  JsonObject shown;
  for (const auto& [name, ours] :
       {std::pair("daprRuntimeVersion", kDaprVersion), std::pair("edgelaneVersion", kVersion)}) {
    notes.erase(name);
    shown.add(name, ours);
  }
  if (!notes.empty()) shown.add_all(json_object(notes));
  return shown;
}

std::string metadata_json(const Services& services, const blocks::App* app) {
  const std::string id = app == nullptr ? "" : app->id();
  JsonObject shown;
  shown.add("id", id).add("runtimeVersion", kDaprVersion);
  add_unless_empty(shown, "enabledFeatures", json_array(services.features));
  add_unless_empty(shown, "components", components_of(services, id));
  shown.add("extended", extended_of(app));
  add_unless_empty(shown, "subscriptions", subscriptions_of(services, id));
  add_unless_empty(shown, "httpEndpoints", endpoints_of(services, id));
  const auto connection = services.connections.find(app == nullptr ? id : app->name());
  if (connection != services.connections.end()) {
    shown.add("appConnectionProperties", connection_json(connection->second));
  }
  shown.add("actorRuntime", JsonObject()
                                .add("runtimeStatus", "DISABLED")
                                .add("hostReady", false)
                                .add("placement", "placement: disconnected"));
  return shown.text();
}

}  // namespace

Task<void> get_metadata(Ctx ctx, Request* request) {
  std::string answer = metadata_json(request->services, request->app);
  co_await answer_json(ctx, request, 200, std::move(answer));
}

Task<void> put_metadata(Ctx ctx, Request* request) {
  auto body = co_await read_body(ctx, request, "ERR_BODY_READ", "failed to read request body: ");
  if (!body) {
    co_await answer_error(ctx, request, std::move(body.error()));
    co_return;
  }
  const auto noted = request->app->note(request->parameters[0], std::move(*body));
  if (noted) {
    co_await answer_empty(ctx, request, 204);
  } else {
    co_await answer_error(ctx, request, blocks::malformed_request(noted.error().message));
  }
}

}  // namespace edge::api
