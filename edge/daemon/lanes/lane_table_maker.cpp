#include "edge/daemon/lanes/lane_table_maker.h"

#include <vector>

#include "edge/net/tls/hmac.h"
#include "sync/core/hub_clock.h"

namespace edge::daemon {
namespace {

bool is_over(const std::optional<WallTime>& expires, const KnownTime& now) {
  return expires && now && *expires <= *now;
}

void count(LaneExpiries& all, const std::optional<WallTime>& expires, const KnownTime& now) {
  if (!expires) return;
  if (is_over(expires, now)) {
    ++all.over;
    return;
  }
  if (!all.is_ahead || *expires < all.next) all.next = *expires;
  all.is_ahead = true;
}

void add_list(policy::WhiteList& list, const std::vector<LaneRule>& rules, const KnownTime& now) {
  for (const LaneRule& rule : rules) {
    if (!is_over(rule.expires, now)) list.add(rule.rule);
  }
}

void add_rules(policy::LaneTable& table, const LaneRules& rules, const KnownTime& now) {
  table.headers = rules.headers;
  table.device_topics = rules.device_topics;
  for (const auto& [app, trust] : rules.callers) table.trust(app, trust);
  add_list(table.devices, rules.devices, now);
  add_list(table.users, rules.users, now);
  table.user_tag = tls::user_tag;
  if (rules.user_key) table.user_key = rules.user_key->text;
}

}  // namespace

KnownTime known_time(WallTime wall) noexcept {
  return wall < sync::HubClock::kSet ? KnownTime() : KnownTime(wall);
}

LaneExpiries expiries_of(const Resources& resources, KnownTime now) {
  LaneExpiries all;
  for (const Lane& lane : resources.lanes) count(all, lane.spec.expires, now);
  if (!resources.lane_rules) return all;
  for (const LaneRule& rule : resources.lane_rules->devices) count(all, rule.expires, now);
  for (const LaneRule& rule : resources.lane_rules->users) count(all, rule.expires, now);
  return all;
}

std::shared_ptr<const policy::LaneTable> make_lane_table(const Resources& resources,
                                                         KnownTime now) {
  auto table = std::make_shared<policy::LaneTable>();
  for (const Lane& lane : resources.lanes) {
    policy::LaneSpec spec = lane.spec;
    spec.expired = is_over(spec.expires, now);
    table->add(std::move(spec));
  }
  for (const App& app : resources.apps) {
    if (const auto id = policy::LaneId::parse(app.lane)) table->add({.id = *id});
  }
  for (const Peer& peer : resources.peers) {
    for (const PeerApp& app : peer.apps) {
      if (const auto id = policy::LaneId::parse(app.lane)) table->add({.id = *id});
    }
  }
  if (resources.lane_rules) add_rules(*table, *resources.lane_rules, now);
  return table;
}

}  // namespace edge::daemon
