// configuration.etcd: items of an etcd, from a copy on this hub.
//
// What is asked for comes from the copy (replica/), which feeds keep as etcd is; items say how
// fresh they are. Without etcd the last known values are served, also after a restart. Opening
// never waits for etcd. With layers an item is what the highest layer says that has its key: the
// device's that is asked for, the hub's own, its group's, the caller's lane's, the baseline's.
// Source: sync reference §1.5, §4.1, §7.7.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "components/configuration/configuration.h"
#include "components/configuration/etcd_feed.h"
#include "components/configuration/etcd_options.h"
#include "components/configuration/overlay.h"
#include "components/configuration/subscribers.h"
#include "components/context.h"
#include "components/replica/probation.h"
#include "components/replica/replica.h"
#include "edge/net/etcd/client.h"

namespace edge::configuration {

// Where a layer is in etcd.
struct EtcdPlace {
  unsigned number;  // of its copy in the file, the same for good
  std::string prefix;
  LayerKind kind = LayerKind::kForAll;
  std::string stem = {};
  std::string layer = "all";  // its name for people
};

class EtcdStore final : public Store, public GuardedStore, public ReplicaStore {
 public:
  explicit EtcdStore(const components::Context& context);
  ~EtcdStore() override;

  Task<Status> init(Ctx ctx) override;
  Task<void> close() override;
  // Errors: also kUnavailable as long as nothing was ever read from etcd.
  Task<Result<Items>> get(Ctx ctx, std::vector<std::string> keys, Metadata metadata) override;
  Task<Result<SubscriptionId>> subscribe(Ctx ctx, std::vector<std::string> keys, Metadata metadata,
                                         Observer observer) override;
  Status unsubscribe(SubscriptionId id) override;
  Task<Result<std::size_t>> refresh(Ctx ctx) override;

  void judge_by(AppHealth health) override { health_ = std::move(health); }
  void suspect(const std::string& app) override;
  [[nodiscard]] std::vector<Generation> generations() const override;
  void on_generations(std::function<void()> observer) override {
    on_generations_ = std::move(observer);
  }

 private:
  // A layer: its part of etcd, and the copy of it.
  struct Part {
    std::string layer;
    std::unique_ptr<replica::Replica> replica;
    std::unique_ptr<replica::Probation> probation;  // null where there is none
    std::unique_ptr<EtcdFeed> feed;
    std::uint64_t refusals = 0;
  };
  struct Place {
    Viewer viewer;
    SubscriptionId id;
  };

  Task<Status> add_part(Ctx ctx, EtcdPlace place);
  void watch_over(Part& part, std::size_t number);
  void check(replica::Replica& replica, const EtcdPlace& place) const;
  void note_refusal(Part& part, const replica::Step& step) const;
  [[nodiscard]] replica::Health health() const;
  void stepped(std::size_t part, const replica::Step& step);
  void tell(std::size_t part, const replica::Step& step);
  // Errors: kInvalidArgument: no device can be called so.
  [[nodiscard]] Result<Viewer> viewer_of(const Metadata& metadata) const;
  [[nodiscard]] Metadata freshness() const;
  [[nodiscard]] Error nothing_yet() const;

  components::Context context_;
  UvLoop* loop_;  // nullptr in a simulation, where there is no network
  EtcdOptions options_;
  std::unique_ptr<etcd::Client> client_;
  std::vector<Part> parts_;  // the lowest layer first
  std::vector<Layer> layers_;
  std::unique_ptr<Overlay> overlay_;
  std::map<Viewer, Subscribers> subscribers_;
  std::map<SubscriptionId, Place> places_;
  SubscriptionId last_ = 0;
  bool telling_ = false;
  AppHealth health_;
  std::function<void()> on_generations_;
};

}  // namespace edge::configuration
