// configuration.etcd: items of an etcd, whose JSON gateway is asked.
//
// Source: sync reference §4.1, §7.7.
#pragma once

#include <memory>

#include "components/configuration/etcd_options.h"
#include "components/configuration/layered.h"
#include "edge/loop/uv_loop.h"
#include "edge/net/etcd/client.h"

namespace edge::configuration {

class EtcdStore final : public LayeredStore {
 public:
  explicit EtcdStore(const components::Context& context);
  ~EtcdStore() override;

 private:
  Result<Layers> prepare() override;
  void check(replica::Replica& replica, const Place& place) const override;
  std::unique_ptr<Feed> make_feed(const Place& place, replica::Replica& replica,
                                  Feed::OnStep on_step) override;
  void release() override { client_.reset(); }

  UvLoop* loop_;  // nullptr in a simulation, where there is no network
  EtcdOptions options_;
  std::unique_ptr<etcd::Client> client_;
};

}  // namespace edge::configuration
