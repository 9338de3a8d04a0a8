// GET /v1.0-edgelane/top: counters of the hub, its apps, components and topics since it started;
// whoever asks twice knows the rates. Nothing secret.
#include <map>

#include "edge/api/http/handlers.h"
#include "edge/base/json_writer.h"
#include "edge/base/version.h"
#include "edge/observe/process.h"

namespace edge::api {
namespace {

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

JsonObject traffic_json(const observe::TrafficMeter& meter) {
  const observe::TrafficTotals totals = meter.totals();
  return JsonObject()
      .add("count", totals.count)
      .add("errors", totals.errors)
      .add("inFlight", meter.in_flight())
      .add("latency", json_array(totals.latency));
}

std::string_view state_of(const Services& services, const blocks::App& app) {
  if (!app.started()) return "starting";
  const auto connection = services.connections.find(app.name());
  const bool checked =
      connection != services.connections.end() && connection->second.health_checked;
  if (!checked) return "running";
  return app.health() == blocks::AppHealth::kHealthy ? "healthy" : "unhealthy";
}

JsonArray apps_json(const Services& services) {
  JsonArray apps;
  for (const auto& [id, app] : services.apps.all()) {
    JsonObject shown;
    shown.add("id", id).add("state", state_of(services, *app));
    if (const AppMeter* meter = app->meter(); meter != nullptr) {
      shown.add("requests", traffic_json(meter->requests()));
      shown.add("calls", traffic_json(meter->calls()));
    }
    apps.add(shown);
  }
  return apps;
}

JsonArray components_json(const Services& services, const Uses& uses) {
  JsonArray components;
  for (const ComponentInfo& component : services.components) {
    const auto found = uses.components.find(component.name);
    const Done done = found == uses.components.end() ? Done{} : found->second;
    components.add(JsonObject()
                       .add("name", component.name)
                       .add("type", component.type)
                       .add("count", done.count)
                       .add("errors", done.errors));
  }
  return components;
}

JsonArray topics_json(const Uses& uses) {
  JsonArray topics;
  for (const auto& [name, topic] : uses.topics) {
    topics.add(JsonObject()
                   .add("component", name.first)
                   .add("topic", name.second)
                   .add("published", topic.published)
                   .add("delivered", topic.delivered)
                   .add("errors", topic.errors));
  }
  return topics;
}

JsonArray bounds_json() {
  JsonArray bounds;
  const observe::Buckets& buckets = observe::latency_buckets();
  for (const std::uint64_t bound : buckets.bounds) bounds.add(bound / buckets.scale);
  return bounds;
}

std::string top_json(const Services& services) {
  const observe::ProcessFigures process = observe::process_figures();
  const std::chrono::duration<double> uptime = services.loop.now() - services.began;
  const Uses uses = uses_of(services);
  JsonObject shown;
  shown.add("version", kVersion).add("uptimeSeconds", uptime.count());
  shown.add("cpuSeconds", process.cpu_seconds).add("pssBytes", observe::proportional_bytes());
  shown.add("residentBytes", process.resident_bytes).add("openFds", process.open_fds);
  shown.add("latencyBoundsMs", bounds_json()).add("apps", apps_json(services));
  shown.add("components", components_json(services, uses)).add("topics", topics_json(uses));
  return shown.text();
}

}  // namespace

Task<void> get_top(Ctx ctx, Request* request) {
  std::string answer = top_json(request->services);
  co_await answer_json(ctx, request, 200, std::move(answer));
}

}  // namespace edge::api
