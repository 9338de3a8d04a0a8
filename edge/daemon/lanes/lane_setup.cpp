#include "edge/daemon/lanes/lane_setup.h"

#include <unistd.h>

#include "edge/base/log.h"
#include "edge/daemon/resources/resolve.h"
#include "edge/net/tls/hmac.h"

namespace edge::daemon {
namespace {

constexpr std::string_view kScope = "edge.lanes";

void add_rules(policy::LaneTable& table, const LaneRules& rules) {
  table.headers = rules.headers;
  table.device_topics = rules.device_topics;
  for (const auto& [app, trust] : rules.callers) table.trust(app, trust);
  for (const LaneRule& rule : rules.devices) table.devices.add(rule.rule);
  for (const LaneRule& rule : rules.users) table.users.add(rule.rule);
  table.user_tag = tls::user_tag;
  if (rules.user_key) table.user_key = rules.user_key->text;
}

}  // namespace

std::shared_ptr<const policy::LaneTable> make_lane_table(const Resources& resources) {
  auto table = std::make_shared<policy::LaneTable>();
  for (const Lane& lane : resources.lanes) table->add(lane.spec);
  for (const App& app : resources.apps) {
    if (const auto id = policy::LaneId::parse(app.lane)) table->add({.id = *id});
  }
  for (const Peer& peer : resources.peers) {
    for (const PeerApp& app : peer.apps) {
      if (const auto id = policy::LaneId::parse(app.lane)) table->add({.id = *id});
    }
  }
  if (resources.lane_rules) add_rules(*table, *resources.lane_rules);
  return table;
}

LaneSetup::LaneSetup(Loop& loop, store::OpenFiles& files, SecretStores& secrets,
                     blocks::Lanes& lanes, const std::string& data_dir)
    : lanes_(lanes),
      secrets_(secrets),
      path_(data_dir.empty() ? "" : data_dir + "/hub.db"),
      store_(loop, files, lanes, path_) {}

void LaneSetup::look() {
  has_file_ = !path_.empty() && ::access(path_.c_str(), F_OK) == 0;
}

Task<Status> LaneSetup::open(Ctx ctx, Resources* resources) {
  if (has_file_) {
    auto opened = co_await store_.open(ctx);
    if (!opened) co_return opened;
  }
  auto configured = co_await configure(ctx, resources);
  const policy::LaneId assigned = lanes_.assigned();
  if (configured && !assigned.is_base() && lanes_.table().find(assigned) == nullptr) {
    log::warn(kScope, "the hub is assigned to a lane that no resource names: it is in the baseline",
              {{"lane", std::string(assigned.view())}});
  }
  co_return configured;
}

Task<Status> LaneSetup::configure(Ctx ctx, Resources* resources) {
  if (resources->lane_rules) {
    LaneRules& rules = *resources->lane_rules;
    auto filled = co_await secrets_.resolve(ctx, rules.secret_store, pending_secrets(rules));
    if (!filled) co_return filled;
  }
  lanes_.configure(make_lane_table(*resources));
  if (on_configured_) on_configured_();
  co_return Status();
}

Task<void> LaneSetup::close() {
  co_await store_.close();
}

}  // namespace edge::daemon
