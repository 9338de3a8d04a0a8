// configuration.etcd: items of an etcd, from a copy on this hub.
//
// What is asked for comes from the copy (replica/), which feeds keep as etcd is; items say how
// fresh they are. Without etcd the last known values are served, also after a restart. Opening
// never waits for etcd. With layers an item is what the highest layer says that has its key: the
// hub's own, the caller's lane's, the baseline's. Source: sync reference §4.1, §7.7.
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
#include "components/replica/replica.h"
#include "edge/net/etcd/client.h"

namespace edge::configuration {

class EtcdStore final : public Store, public ReplicaStore {
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

 private:
  // A layer: its part of etcd, and the copy of it.
  struct Part {
    std::unique_ptr<replica::Replica> replica;
    std::unique_ptr<EtcdFeed> feed;
  };
  struct Place {
    std::string lane;
    SubscriptionId id;
  };

  Task<Status> add_part(Ctx ctx, std::string prefix, LayerKind kind);
  void start_feed(std::size_t part, const std::string& prefix);
  void tell(std::size_t part, const replica::Step& step);
  [[nodiscard]] std::string lane_of(const Metadata& metadata) const;
  [[nodiscard]] Metadata freshness() const;
  [[nodiscard]] Error nothing_yet() const;

  components::Context context_;
  UvLoop* loop_;  // nullptr in a simulation, where there is no network
  EtcdOptions options_;
  std::unique_ptr<etcd::Client> client_;
  std::vector<Part> parts_;  // the lowest layer first
  std::vector<Layer> layers_;
  std::unique_ptr<Overlay> overlay_;
  std::map<std::string, Subscribers, std::less<>> subscribers_;  // by lane
  std::map<SubscriptionId, Place> places_;
  SubscriptionId last_ = 0;
};

}  // namespace edge::configuration
