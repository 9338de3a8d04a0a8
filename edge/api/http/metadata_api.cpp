#include <algorithm>

#include <nlohmann/json.hpp>

#include "edge/api/http/handlers.h"
#include "edge/api/topics.h"
#include "edge/base/json.h"
#include "edge/base/version.h"

namespace edge::api {
namespace {

using Json = nlohmann::ordered_json;

bool in_scope(const std::vector<std::string>& scopes, const std::string& app) {
  return scopes.empty() || std::find(scopes.begin(), scopes.end(), app) != scopes.end();
}

Json components_of(const Services& services, const std::string& app) {
  Json list = Json::array();
  for (const ComponentInfo& component : services.components) {
    if (!in_scope(component.scopes, app)) continue;
    Json shown = {
        {"name", component.name}, {"type", component.type}, {"version", component.version}};
    if (!component.capabilities.empty()) shown["capabilities"] = component.capabilities;
    list.push_back(std::move(shown));
  }
  return list;
}

Json connection_json(const AppConnection& connection) {
  Json shown;
  if (connection.port != 0) shown["port"] = connection.port;
  shown["protocol"] = connection.protocol;
  shown["channelAddress"] = connection.address;
  if (connection.max_concurrency > 0) shown["maxConcurrency"] = connection.max_concurrency;
  if (connection.health_checked) {
    shown["health"] = {{"healthCheckPath", connection.health_path},
                       {"healthProbeInterval", format_duration(connection.health_interval)},
                       {"healthProbeTimeout", format_duration(connection.health_timeout)},
                       {"healthThreshold", connection.health_threshold}};
  }
  return shown;
}

Json endpoints_of(const Services& services, const std::string& app) {
  Json list = Json::array();
  for (const auto& [name, endpoint] : services.invoker.endpoints()) {
    if (in_scope(endpoint.scopes, app)) list.push_back({{"name", name}});
  }
  return list;
}

Json rules_of(const blocks::SubscriptionText& text) {
  Json rules = Json::array();
  for (const blocks::RuleText& rule : text.rules) {
    rules.push_back({{"match", rule.match}, {"path", rule.path}});
  }
  if (text.default_path) rules.push_back({{"match", ""}, {"path", *text.default_path}});
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

Json subscriptions_of(const Services& services, const std::string& app) {
  Json list = Json::array();
  for (const blocks::TopicSubscription* subscription : topics_of(services, app)) {
    const blocks::SubscriptionText& text = subscription->text();
    Json shown = {{"pubsubname", text.pubsub}, {"topic", text.topic}};
    if (!text.metadata.empty()) shown["metadata"] = text.metadata;
    shown["rules"] = rules_of(text);
    shown["deadLetterTopic"] = text.dead_letter_topic;
    shown["type"] = name_of(text.origin);
    list.push_back(std::move(shown));
  }
  return list;
}

void add_unless_empty(Json& shown, const char* name, Json list) {
  if (!list.empty()) shown[name] = std::move(list);
}

}  // namespace

Task<void> get_metadata(Ctx ctx, Request* request) {
  const Services& services = request->services;
  const std::string app = request->app == nullptr ? "" : request->app->id();
  Json shown;
  shown["id"] = app;
  shown["runtimeVersion"] = kDaprVersion;
  add_unless_empty(shown, "enabledFeatures", services.features);
  add_unless_empty(shown, "components", components_of(services, app));
  Json extended = {{"daprRuntimeVersion", kDaprVersion}, {"edgelaneVersion", kVersion}};
  if (request->app != nullptr) {
    for (const auto& [name, value] : request->app->notes()) extended[name] = value;
  }
  shown["extended"] = std::move(extended);
  add_unless_empty(shown, "subscriptions", subscriptions_of(services, app));
  add_unless_empty(shown, "httpEndpoints", endpoints_of(services, app));
  const auto connection =
      services.connections.find(request->app == nullptr ? app : request->app->name());
  if (connection != services.connections.end()) {
    shown["appConnectionProperties"] = connection_json(connection->second);
  }
  shown["actorRuntime"] = {{"runtimeStatus", "DISABLED"},
                           {"hostReady", false},
                           {"placement", "placement: disconnected"}};
  co_await answer_json(ctx, request, 200,
                       shown.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Task<void> put_metadata(Ctx ctx, Request* request) {
  auto body = co_await read_body(ctx, request, "ERR_BODY_READ", "failed to read request body: ");
  if (!body) {
    co_await answer_error(ctx, request, std::move(body.error()));
    co_return;
  }
  request->app->note(request->parameters[0], std::move(*body));
  co_await answer_empty(ctx, request, 204);
}

}  // namespace edge::api
