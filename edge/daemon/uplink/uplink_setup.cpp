#include "edge/daemon/uplink/uplink_setup.h"

#include "edge/daemon/resources/resolve.h"
#include "edge/net/mqtt/server_url.h"
#include "edge/net/tls/signed_json.h"

namespace edge::daemon {
namespace {

constexpr std::int64_t kBallastBytes = std::int64_t{8} << 20;

std::string text_of(const std::optional<Value>& value) {
  return value ? value->text : "";
}

Error fault(const Uplink& uplink, std::string_view field, std::string_view what) {
  return {Code::kInvalidArgument,
          to_text(uplink.source) + ": " + std::string(field) + ": " + std::string(what)};
}

Result<sync::MqttUplinkOptions> mqtt_options(const Uplink& uplink) {
  auto url = mqtt::parse_server_url(uplink.url);
  if (!url) return fault(uplink, "spec.url", url.error().message);
  sync::MqttUplinkOptions options{.server = std::move(url->server), .tls = nullptr, .login = {}};
  options.login.client_id = uplink.hub;
  options.login.version = uplink.mqtt5 ? mqtt::Version::k5 : mqtt::Version::k311;
  options.login.username = uplink.username.empty() ? url->username : uplink.username;
  options.login.password = uplink.password ? uplink.password->text : url->password;
  if (url->transport == mqtt::Transport::kPlain) return options;
  auto tls = tls::ClientContext::parse({.root_ca = text_of(uplink.ca_cert),
                                        .certificate = text_of(uplink.client_cert),
                                        .private_key = text_of(uplink.client_key)});
  if (!tls) return fault(uplink, "spec.caCert, clientCert, clientKey", tls.error().message);
  options.tls = std::move(*tls);
  return options;
}

Result<sync::SigningKeys> signing_keys(const Uplink& uplink) {
  if (!uplink.signing_keys) return sync::SigningKeys();
  auto keys = tls::parse_verify_keys(uplink.signing_keys->text);
  if (!keys) return fault(uplink, "spec.signingKeys", keys.error().message);
  return std::make_shared<const std::vector<tls::VerifyKey>>(std::move(*keys));
}

std::vector<blocks::CloudTopic> topics_of(const Uplink& uplink) {
  std::vector<blocks::CloudTopic> topics;
  for (const UplinkTopic& topic : uplink.topics) {
    topics.push_back({topic.pubsub, topic.filter, topic.cls, topic.ttl});
  }
  return topics;
}

sync::RunnerOptions runner_options(const Uplink& uplink, const std::string& data_dir) {
  sync::RunnerOptions options;
  options.hub = uplink.hub;
  options.engine.outbox.limits = uplink.limits;
  options.engine.outbox.drain.per_second = static_cast<unsigned>(uplink.drain_rate);
  auto& link = options.engine.link;
  link.backoff_cap = std::chrono::ceil<sync::HubTime>(uplink.max_reconnect_interval);
  link.backoff_base = std::min(link.backoff_base, link.backoff_cap);
  options.store.path = data_dir + "/queue.db";
  options.store.writer.name = "outbox";
  options.store.writer.ballast_bytes = kBallastBytes;
  return options;
}

std::string_view text_of(sync::OnFull on_full) {
  return on_full == sync::OnFull::kRejectNew ? "reject-new" : "drop-oldest";
}

}  // namespace

Task<Status> UplinkSetup::open(Ctx ctx, Uplink* uplink) {
  if (with_.data_dir.empty()) {
    co_return fault(*uplink, "kind",
                    "an Uplink needs a data directory for what waits for the cloud; start the hub "
                    "with --root or --data-dir");
  }
  auto filled = co_await with_.secrets.resolve(ctx, uplink->secret_store, pending_secrets(*uplink));
  if (!filled) co_return filled;
  auto options = mqtt_options(*uplink);
  if (!options) co_return std::move(options).error();
  auto keys = signing_keys(*uplink);
  if (!keys) co_return std::move(keys).error();
  build(*uplink, std::move(*options), std::move(*keys));
  auto started = co_await runner_->start(ctx);
  if (!started) co_return started.error().within("Uplink " + uplink->name);
  co_await lane_.resume();
  co_return Status();
}

void UplinkSetup::build(const Uplink& uplink, sync::MqttUplinkOptions options,
                        sync::SigningKeys keys) {
  hub_ = uplink.hub;
  server_ = options.server.text();
  limits_ = uplink.limits;
  const auto may_assign = uplink.assign_lanes ? LanesOfCloud::kTaken : LanesOfCloud::kRefused;
  commands_ = std::make_unique<HubCommands>(CommandTargets{with_.loop,
                                                           with_.apps,
                                                           with_.lanes,
                                                           lane_,
                                                           with_.configuration,
                                                           with_.secret_block,
                                                           may_assign,
                                                           {uplink.hub, ways_, keys}});
  options.retained = &with_.retained;
  uplink_ = std::make_unique<sync::MqttUplink>(with_.loop, std::move(options));
  const sync::RunnerContext context{with_.loop, with_.files, *uplink_, *commands_, ways_};
  auto run = runner_options(uplink, with_.data_dir);
  run.signing_keys = std::move(keys);
  runner_ = std::make_unique<sync::Runner>(context, std::move(run));
  lane_.attach(*runner_);
  outlet_ = std::make_unique<blocks::CloudOutlet>(with_.loop, *runner_, topics_of(uplink));
}

Task<void> UplinkSetup::close() {
  if (runner_) co_await runner_->close();
  if (commands_) co_await commands_->close();
}

blocks::CloudState UplinkSetup::state() const {
  const sync::EngineStatus status = runner_->status();
  blocks::CloudState shown{.hub = hub_,
                           .server = server_,
                           .online = status.online,
                           .last_error = uplink_->last_error(),
                           .lane = status.lane.id,
                           .lane_gen = status.lane.gen,
                           .lane_phase = sync::name_of(status.phase),
                           .epoch = status.epoch,
                           .gaps = status.gaps,
                           .commands = status.commands};
  for (const sync::Class cls : sync::kAllClasses) {
    const sync::Totals& totals = status.queued[sync::index_of(cls)];
    const sync::ClassLimits& limits = limits_[sync::index_of(cls)];
    shown.queues.push_back({.cls = sync::name_of(cls),
                            .messages = totals.rows,
                            .bytes = totals.bytes,
                            .max_messages = limits.max_rows,
                            .max_bytes = limits.max_bytes,
                            .on_full = text_of(limits.on_full)});
  }
  const sync::RunnerCounters& counted = runner_->counters();
  shown.counters = {counted.accepted, counted.refused,     counted.acknowledged, counted.given_up,
                    counted.commands, counted.connections, counted.unclaimed,    counted.returned};
  return shown;
}

Task<Result<std::vector<blocks::CloudBacklog>>> UplinkSetup::backlog(Ctx ctx) {
  auto survey = co_await runner_->survey(ctx);
  if (!survey) co_return std::move(survey).error();
  std::vector<blocks::CloudBacklog> all;
  for (const sync::Class cls : sync::kAllClasses) {
    const sync::ClassSurvey& found = (*survey)[sync::index_of(cls)];
    blocks::CloudBacklog backlog{.cls = sync::name_of(cls),
                                 .oldest = sync::time_of_id(found.oldest_id),
                                 .complete = found.complete};
    for (const auto& [lane, share] : found.lanes) {
      backlog.lanes.push_back({lane, share.rows, share.bytes});
    }
    all.push_back(std::move(backlog));
  }
  co_return all;
}

}  // namespace edge::daemon
