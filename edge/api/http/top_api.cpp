// GET /v1.0-edgelane/top: counters of the hub, its apps, components and topics since it started;
// whoever asks twice knows the rates. Nothing secret.
#include <map>

#include <nlohmann/json.hpp>

#include "edge/api/http/handlers.h"
#include "edge/base/version.h"
#include "edge/observe/process.h"

namespace edge::api {
namespace {

using Json = nlohmann::ordered_json;
using observe::AppMeter;

// How often something was done, and how often in vain.
struct Done {
  std::uint64_t count = 0;
  std::uint64_t errors = 0;
};

struct Topic {
  std::uint64_t published = 0;
  std::uint64_t delivered = 0;
  std::uint64_t errors = 0;
};

struct Uses {
  std::map<std::string, Done> components;                       // by name
  std::map<std::pair<std::string, std::string>, Topic> topics;  // by component and topic
};

void add_topic(Uses& uses, const AppMeter::KeptUse& use) {
  Topic& topic = uses.topics[{use.component, use.what}];
  const std::uint64_t count = use.messages();
  if (use.outcome != "true" && use.outcome != "success") {
    topic.errors += count;
  } else if (use.is_publication()) {
    topic.published += count;
  } else {
    topic.delivered += count;
  }
}

Uses uses_of(const Services& services) {
  Uses uses;
  for (const auto& [id, app] : services.apps.all()) {
    // Instances of one app are counted together.
    if (app->meter() == nullptr || services.apps.first(app->id()) != app.get()) continue;
    for (const AppMeter::KeptUse& use : app->meter()->uses()) {
      Done& component = uses.components[use.component];
      component.count += use.calls();
      if (use.outcome == "false") component.errors += use.calls();
      if (use.is_publication() || use.is_delivery()) add_topic(uses, use);
    }
  }
  return uses;
}

Json traffic_json(const observe::TrafficMeter& meter) {
  const observe::TrafficTotals totals = meter.totals();
  return {{"count", totals.count},
          {"errors", totals.errors},
          {"inFlight", meter.in_flight()},
          {"latency", totals.latency}};
}

std::string_view state_of(const Services& services, const blocks::App& app) {
  if (!app.started()) return "starting";
  const auto connection = services.connections.find(app.name());
  const bool checked =
      connection != services.connections.end() && connection->second.health_checked;
  if (!checked) return "running";
  return app.health() == blocks::AppHealth::kHealthy ? "healthy" : "unhealthy";
}

Json apps_json(const Services& services) {
  Json apps = Json::array();
  for (const auto& [id, app] : services.apps.all()) {
    Json shown = {{"id", id}, {"state", state_of(services, *app)}};
    if (const AppMeter* meter = app->meter(); meter != nullptr) {
      shown["requests"] = traffic_json(meter->requests());
      shown["calls"] = traffic_json(meter->calls());
    }
    apps.push_back(std::move(shown));
  }
  return apps;
}

Json components_json(const Services& services, const Uses& uses) {
  Json components = Json::array();
  for (const ComponentInfo& component : services.components) {
    const auto found = uses.components.find(component.name);
    const Done done = found == uses.components.end() ? Done{} : found->second;
    components.push_back({{"name", component.name},
                          {"type", component.type},
                          {"count", done.count},
                          {"errors", done.errors}});
  }
  return components;
}

Json topics_json(const Uses& uses) {
  Json topics = Json::array();
  for (const auto& [name, topic] : uses.topics) {
    topics.push_back({{"component", name.first},
                      {"topic", name.second},
                      {"published", topic.published},
                      {"delivered", topic.delivered},
                      {"errors", topic.errors}});
  }
  return topics;
}

Json bounds_json() {
  Json bounds = Json::array();
  const observe::Buckets& buckets = observe::latency_buckets();
  for (const std::uint64_t bound : buckets.bounds) bounds.push_back(bound / buckets.scale);
  return bounds;
}

}  // namespace

Task<void> get_top(Ctx ctx, Request* request) {
  const Services& services = request->services;
  const observe::ProcessFigures process = observe::process_figures();
  const std::chrono::duration<double> uptime = services.loop.now() - services.began;
  const Uses uses = uses_of(services);
  const Json shown = {{"version", kVersion},
                      {"uptimeSeconds", uptime.count()},
                      {"cpuSeconds", process.cpu_seconds},
                      {"pssBytes", observe::proportional_bytes()},
                      {"residentBytes", process.resident_bytes},
                      {"openFds", process.open_fds},
                      {"latencyBoundsMs", bounds_json()},
                      {"apps", apps_json(services)},
                      {"components", components_json(services, uses)},
                      {"topics", topics_json(uses)}};
  co_await answer_json(ctx, request, 200,
                       shown.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace edge::api
