// Metadata, health and shutdown over gRPC. Source: wire reference §11.
#include <algorithm>

#include "edge/api/grpc/handlers.h"
#include "edge/api/grpc/messages/metadata_messages.h"
#include "edge/api/topics.h"
#include "edge/base/strings.h"
#include "edge/base/version.h"

namespace edge::api {
namespace {

using blocks::ApiError;

constexpr std::int32_t kServing = 1;
constexpr std::int32_t kNotServing = 2;
constexpr std::int32_t kServiceUnknown = 3;

bool in_scope(const std::vector<std::string>& scopes, const std::string& app) {
  return scopes.empty() || std::ranges::find(scopes, app) != scopes.end();
}

rpc::ConnectionProperties connection_of(const AppConnection& from) {
  rpc::ConnectionProperties shown{
      from.port, from.protocol, from.address, static_cast<std::int32_t>(from.max_concurrency), {}};
  if (from.health_checked) {
    shown.health = rpc::HealthProperties{from.health_path, format_duration(from.health_interval),
                                         format_duration(from.health_timeout),
                                         static_cast<std::int32_t>(from.health_threshold)};
  }
  return shown;
}

// Of PubsubSubscriptionType, where 0 is UNKNOWN.
std::int32_t number_of(blocks::Origin origin) {
  return static_cast<std::int32_t>(origin) + 1;
}

rpc::PubsubSubscription subscription_of(const blocks::SubscriptionText& from) {
  rpc::PubsubSubscription shown{from.pubsub, from.topic, from.metadata, {}, from.dead_letter_topic};
  for (const blocks::RuleText& rule : from.rules) {
    shown.rules.rules.push_back({rule.match, rule.path});
  }
  if (from.default_path) shown.rules.rules.push_back({"", *from.default_path});
  shown.type = number_of(from.origin);
  return shown;
}

void add_components(const Services& services, const std::string& app,
                    rpc::GetMetadataResponse& shown) {
  for (const ComponentInfo& one : services.components) {
    if (!in_scope(one.scopes, app)) continue;
    shown.components.push_back({one.name, one.type, one.version, one.capabilities});
  }
  for (const auto& [name, endpoint] : services.invoker.endpoints()) {
    if (in_scope(endpoint.scopes, app)) shown.http_endpoints.push_back({name});
  }
  for (const blocks::TopicSubscription* one : topics_of(services, app)) {
    shown.subscriptions.push_back(subscription_of(one->text()));
  }
}

void add_app(const Services& services, const blocks::App& app, rpc::GetMetadataResponse& shown) {
  shown.id = app.id();
  shown.extended.insert(app.notes().begin(), app.notes().end());  // ours stay
  const auto connection = services.connections.find(app.name());
  if (connection != services.connections.end()) {
    shown.connection = connection_of(connection->second);
  }
}

// Told when the hub stops.
class HubEnd final : private blocks::BusWatcher {
 public:
  explicit HubEnd(Services& services) : block_(services.pubsub), over_(services.loop) {
    block_.watch(this);
    buses_changed();
  }
  ~HubEnd() override { block_.unwatch(this); }
  HubEnd(const HubEnd&) = delete;
  HubEnd& operator=(const HubEnd&) = delete;
  Task<Status> wait(Ctx ctx) { return over_.wait(ctx); }

 private:
  void buses_changed() override {
    if (block_.taps_ended()) over_.set();
  }

  blocks::PubsubBlock& block_;
  Event over_;
};

bool is_served(std::string_view service) {
  return service.empty() || service == kDaprService.substr(1, kDaprService.size() - 2);
}

std::int32_t health_of(const Services& services) {
  return services.outbound_ready ? kServing : kNotServing;
}

}  // namespace

Task<RpcAnswer> rpc_get_metadata(Ctx, Rpc* rpc) {
  const Services& services = rpc->services;
  rpc::GetMetadataResponse shown;
  shown.runtime_version = kDaprVersion;
  shown.features = services.features;
  shown.extended = {{"daprRuntimeVersion", std::string(kDaprVersion)},
                    {"edgelaneVersion", std::string(kVersion)}};
  if (rpc->app != nullptr) add_app(services, *rpc->app, shown);
  add_components(services, shown.id, shown);
  co_return answer_of(std::move(shown));
}

Task<RpcAnswer> rpc_set_metadata(Ctx, Rpc* rpc) {
  auto request = request_of<rpc::SetMetadataRequest>(*rpc);
  if (!request) co_return std::unexpected(std::move(request.error()));
  const auto noted = rpc->app->note(std::move(request->key), std::move(request->value));
  if (noted) co_return RpcAnswer("");
  co_return std::unexpected(ApiError{.grpc = noted.error().code, .message = noted.error().message});
}

Task<RpcAnswer> rpc_shutdown(Ctx, Rpc* rpc) {
  if (!rpc->services.shutdown) {
    ApiError refused{.grpc = Code::kPermissionDenied, .tag = "ERR_PERMISSION_DENIED"};
    refused.message = "this hub serves several apps: it is stopped by its service manager";
    co_return std::unexpected(std::move(refused));
  }
  const auto force = rpc->metadata().find("dapr-force-shutdown");
  rpc->services.shutdown(force && is_truthy(*force) ? ShutdownKind::kForced
                                                    : ShutdownKind::kGraceful);
  co_return RpcAnswer("");
}

Task<RpcAnswer> rpc_check_health(Ctx, Rpc* rpc) {
  auto request = request_of<rpc::HealthCheckRequest>(*rpc);
  if (!request) co_return std::unexpected(std::move(request.error()));
  if (!is_served(request->service)) {
    co_return std::unexpected(ApiError{.grpc = Code::kNotFound, .message = "unknown service"});
  }
  co_return answer_of(rpc::HealthCheckResponse{health_of(rpc->services)});
}

// As it is now, and once more when the hub stops.
Task<RpcAnswer> rpc_watch_health(Ctx ctx, Rpc* rpc) {
  auto request = request_of<rpc::HealthCheckRequest>(*rpc);
  if (!request) co_return std::unexpected(std::move(request.error()));
  const bool served = is_served(request->service);
  const std::string now =
      answer_of(rpc::HealthCheckResponse{served ? health_of(rpc->services) : kServiceUnknown});
  HubEnd end(rpc->services);
  Status told = co_await rpc->call.write(ctx, now);
  if (told) told = co_await end.wait(ctx);
  const std::string last = answer_of(rpc::HealthCheckResponse{kNotServing});
  if (told && served) told = co_await rpc->call.write(ctx, last);
  if (told) co_return RpcAnswer("");
  co_return std::unexpected(ApiError{.grpc = told.error().code, .message = told.error().message});
}

}  // namespace edge::api
