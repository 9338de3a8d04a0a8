#include "edge/daemon/apps_builder.h"

#include "edge/api/grpc/rpc_probe.h"
#include "edge/base/log.h"
#include "edge/base/strings.h"
#include "edge/daemon/host.h"

namespace edge::daemon {
namespace {

constexpr std::string_view kUnixScheme = "unix:";
constexpr Duration kDialPause = std::chrono::milliseconds(100);
constexpr Duration kDialTime = std::chrono::milliseconds(500);
constexpr int kDialsPerLogLine = 100;
constexpr unsigned kLaneRecovery = 2;

Address address_of(const App& resource) {
  if (resource.address.starts_with(kUnixScheme)) {
    return {"", 0, resource.address.substr(kUnixScheme.size())};
  }
  return {resource.address, resource.port.value_or(0), ""};
}

bool is_secure(const App& resource) {
  return resource.protocol == AppProtocol::kHttps;
}

std::string text_of(const std::optional<Value>& value) {
  return value ? value->text : "";
}

blocks::AppSettings settings_of(const App& resource) {
  blocks::AppSettings settings;
  settings.id = resource.id;
  settings.name_space = resource.name_space.empty() ? "default" : resource.name_space;
  settings.key_namespace = resource.name_space == "default" ? "" : resource.name_space;
  settings.lane = policy::LaneId::parse(resource.lane).value_or(policy::LaneId());
  settings.max_concurrency = resource.max_concurrency;
  const bool speaks_grpc = resource.protocol == AppProtocol::kGrpc;
  settings.protocol = speaks_grpc ? blocks::AppProtocol::kGrpc : blocks::AppProtocol::kHttp;
  return settings;
}

api::AppConnection connection_of(const App& resource) {
  api::AppConnection connection;
  connection.port = resource.port.value_or(0);
  connection.protocol = to_text(resource.protocol);
  connection.address = resource.address;
  connection.max_concurrency = resource.max_concurrency;
  connection.health_checked = resource.health.enabled;
  connection.health_path = resource.health.path;
  connection.health_interval = resource.health.interval;
  connection.health_timeout = resource.health.timeout;
  connection.health_threshold = resource.health.threshold;
  return connection;
}

// Opens connections to an app: TLS there is not judged, it is this machine's own app.
Result<std::unique_ptr<Dialer>> app_dialer(UvLoop& loop, const App& resource,
                                           const Address& address) {
  if (!is_secure(resource)) return socket_dialer(loop, address);
  tls::ClientConfig config;
  config.verify = tls::Verify::kNone;
  auto context = tls::ClientContext::parse(std::move(config));
  if (!context) return context.error();
  api::Url url;
  url.secure = true;
  url.host = address.host;
  url.port = address.port;
  return api::url_dialer(loop, url, std::move(*context));
}

}  // namespace

AppsBuilder::AppsBuilder(UvLoop& loop, api::Services& services)
    : loop_(loop),
      services_(services),
      hub_headers_(api::forwarded_headers(host_ip(), host_name())) {}

std::shared_ptr<observe::AppMeter> AppsBuilder::meter_of(const App& resource) const {
  if (services_.metrics == nullptr) return nullptr;
  const blocks::App* other = services_.apps.first(resource.id);
  if (other != nullptr) return other->shared_meter();
  return std::make_shared<observe::AppMeter>(*services_.metrics, resource.id,
                                             settings_of(resource).key_namespace);
}

Status AppsBuilder::add_apps(const std::vector<App>& apps) {
  for (const App& resource : apps) {
    if (auto added = add_app(resource); !added)
      return added.error().within(to_text(resource.source));
  }
  return {};
}

Result<std::shared_ptr<api::HttpChannel>> AppsBuilder::app_channel(
    const App& resource, const Address& address, api::HttpChannelSettings settings) const {
  auto dialer = app_dialer(loop_, resource, address);
  if (!dialer) return dialer.error();
  settings.authority = address.is_unix() ? "localhost" : address.text();
  settings.origin = (is_secure(resource) ? "https://" : "http://") + settings.authority;
  settings.hub_headers = hub_headers_;
  return std::make_shared<api::HttpChannel>(loop_, std::move(*dialer), std::move(settings));
}

Result<AppsBuilder::Wires> AppsBuilder::http_wires(
    const App& resource, const Address& address,
    const std::shared_ptr<observe::AppMeter>& meter) const {
  api::HttpChannelSettings settings;
  settings.app_token = text_of(resource.app_token);
  settings.meter = meter;
  auto channel = app_channel(resource, address, std::move(settings));
  if (!channel) return channel.error();
  Wires wires{std::move(*channel), nullptr};
  if (!resource.health.enabled) return wires;
  // Probes do not carry the app's token.
  auto probed = app_channel(resource, address, {});
  if (!probed) return probed.error();
  auto probe = std::make_unique<api::HttpProbe>(*probed, resource.health.path);
  probe->count_in(loop_, meter);
  wires.probe = std::move(probe);
  return wires;
}

AppsBuilder::Wires AppsBuilder::rpc_wires(const App& resource, const Address& address,
                                          const std::shared_ptr<observe::AppMeter>& meter) {
  api::RpcChannelSettings settings;
  settings.meter = meter;
  settings.authority = address.is_unix() ? "localhost" : address.text();
  settings.fields.app_token = text_of(resource.app_token);
  for (auto& [name, value] : api::forwarded_fields(host_ip(), host_name())) {
    settings.fields.hub.emplace_back(to_lower(name), std::move(value));
  }
  const std::uint64_t limit = services_.max_body_bytes;
  settings.message_limit = limit == 0 ? SIZE_MAX : limit;
  const auto dial = [this, &address] { return socket_dialer(loop_, address); };
  auto channel = std::make_shared<api::RpcChannel>(loop_, dial, std::move(settings));
  rpc_channels_.push_back(channel);
  Wires wires{channel, nullptr};
  if (resource.health.enabled) wires.probe = std::make_unique<api::RpcProbe>(channel);
  return wires;
}

Result<AppsBuilder::Wires> AppsBuilder::wires_of(const App& resource, const Address& address,
                                                 const std::shared_ptr<observe::AppMeter>& meter) {
  if (resource.protocol == AppProtocol::kGrpc) return rpc_wires(resource, address, meter);
  return http_wires(resource, address, meter);
}

Task<void> AppsBuilder::close() {
  for (const auto& channel : rpc_channels_) co_await channel->close();
}

Status AppsBuilder::add_app(const App& resource) {
  const std::string api_token = text_of(resource.api_token);
  if (!api_token.empty()) services_.tokens.add(api_token, resource.instance());
  const std::shared_ptr<observe::AppMeter> meter = meter_of(resource);
  if (!resource.has_channel()) {
    services_.apps.add(std::make_unique<blocks::App>(loop_, settings_of(resource), nullptr))
        .count_in(meter);
    return {};
  }
  const Address address = address_of(resource);
  auto wires = wires_of(resource, address, meter);
  if (!wires) return wires.error();
  auto& app = services_.apps.add(
      std::make_unique<blocks::App>(loop_, settings_of(resource), api::share(wires->channel)));
  app.count_in(meter);
  services_.connections[app.name()] = connection_of(resource);
  WatchedApp& watched =
      watched_.emplace_back(WatchedApp{resource, app, address, std::move(wires->probe), nullptr});
  if (!watched.probe) return {};
  blocks::HealthSettings settings{resource.health.interval, resource.health.timeout,
                                  resource.health.threshold};
  // The baseline answers meanwhile: no hurry to go back and forth.
  if (!app.lane().is_base()) settings.recovery = kLaneRecovery;
  watched.health = std::make_unique<blocks::HealthWatch>(loop_, app, *watched.probe, settings);
  return {};
}

Status AppsBuilder::add_endpoints(const std::vector<HttpEndpoint>& endpoints) {
  for (const HttpEndpoint& resource : endpoints) {
    if (auto added = add_endpoint(resource); !added) {
      return added.error().within(to_text(resource.source));
    }
  }
  return {};
}

Status AppsBuilder::add_endpoint(const HttpEndpoint& resource) {
  auto url = api::parse_url(resource.base_url);
  if (!url) return url.error().within("spec.baseUrl");
  tls::ClientConfig config;
  config.root_ca = text_of(resource.root_ca);
  config.certificate = text_of(resource.certificate);
  config.private_key = text_of(resource.private_key);
  auto context = tls::ClientContext::parse(std::move(config));
  if (!context) return context.error().within("spec.clientTLS");
  api::HttpChannelSettings settings;
  settings.authority = url->authority;
  settings.origin = (url->secure ? "https://" : "http://") + url->authority;
  settings.base_path = url->path;
  for (const NamedValue& header : resource.headers) {
    settings.headers.emplace_back(header.name, header.value.text);
  }
  auto channel = std::make_shared<api::HttpChannel>(
      loop_, api::url_dialer(loop_, *url, std::move(*context)), std::move(settings));
  services_.invoker.add_endpoint(resource.name, {std::move(channel), resource.scopes});
  return {};
}

Task<void> wait_for_app(UvLoop* loop, Ctx ctx, const WatchedApp* watched) {
  const std::string where =
      watched->address.is_unix() ? watched->address.path : std::to_string(watched->address.port);
  log::info("dapr.runtime",
            "application protocol: " + std::string(to_text(watched->resource.protocol)) +
                ". waiting on port " + where +
                ".  This will block until the app is listening on that port.",
            {{"app", watched->app.id()}});
  for (int tries = 1; !ctx.cancelled(); ++tries) {
    {
      DeadlineScope limit(*loop, ctx, kDialTime);
      auto socket = co_await connect(*loop, limit.ctx(), watched->address);
      if (socket) break;
    }
    if (tries % kDialsPerLogLine == 0) {
      log::info("dapr.runtime", "waiting for application to listen on port " + where,
                {{"app", watched->app.id()}});
    }
    auto slept = co_await sleep_for(*loop, ctx, kDialPause);
    if (!slept) co_return;
  }
  if (ctx.cancelled()) co_return;
  log::info("dapr.runtime", "application discovered on port " + where,
            {{"app", watched->app.id()}});
}

}  // namespace edge::daemon
