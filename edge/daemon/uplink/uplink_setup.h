// UplinkSetup: from the Uplink resource to the connection with the cloud.
//
// Made where there is an Uplink, and only there. Loop thread; closed before it goes away.
#pragma once

#include <memory>
#include <string>

#include "edge/blocks/cloud/cloud_view.h"
#include "edge/blocks/pubsub/cloud_outlet.h"
#include "edge/daemon/resources/uplink.h"
#include "edge/daemon/secret_stores.h"
#include "edge/daemon/uplink/hub_commands.h"
#include "edge/daemon/uplink/hub_lane_ways.h"
#include "edge/loop/uv_loop.h"
#include "sync/run/mqtt_uplink.h"
#include "sync/run/runner.h"

namespace edge::daemon {

// All of it outlives the setup.
struct UplinkWiring {
  UvLoop& loop;
  store::OpenFiles& files;
  SecretStores& secrets;
  const blocks::AppTable& apps;
  blocks::Lanes& lanes;
  blocks::ConfigurationBlock& configuration;
  blocks::SecretsBlock& secret_block;
  blocks::LaneAssignments& assignments;
  sync::RetainedTopics& retained;
  std::string data_dir;  // where queue.db is
};

class UplinkSetup final : public blocks::CloudView {
 public:
  explicit UplinkSetup(UplinkWiring wiring)
      : with_(std::move(wiring)),
        lane_(with_.loop, with_.assignments, with_.lanes),
        ways_(with_.lanes) {}

  // Reads the outbox; the cloud is sought from then on, and not waited for. Errors: a secret or a
  // certificate is at fault, with file, line and field; of the store.
  Task<Status> open(Ctx ctx, Uplink* uplink);
  // Legal once open() was called.
  Task<void> close();

  // Legal after open(). Source: sync reference §7.1.
  void report(const std::string& what, std::string payload) {
    runner_->report(what, std::move(payload));
  }

  // Legal after open(); its publications end before close().
  [[nodiscard]] const blocks::CloudOutlet& outlet() const noexcept { return *outlet_; }

  // The hub's lane from now on goes through this: the cloud is told of its changes.
  [[nodiscard]] blocks::LaneAssignments& assignments() noexcept { return lane_; }

  [[nodiscard]] blocks::CloudState state() const override;
  Task<Result<std::vector<blocks::CloudBacklog>>> backlog(Ctx ctx) override;

 private:
  void build(const Uplink& uplink, sync::MqttUplinkOptions options, sync::SigningKeys keys);

  UplinkWiring with_;
  HubLane lane_;
  HubLaneWays ways_;
  std::string hub_;
  std::string server_;
  std::array<sync::ClassLimits, sync::kClasses> limits_;
  std::unique_ptr<HubCommands> commands_;
  std::unique_ptr<sync::MqttUplink> uplink_;
  std::unique_ptr<sync::Runner> runner_;
  std::unique_ptr<blocks::CloudOutlet> outlet_;
};

}  // namespace edge::daemon
