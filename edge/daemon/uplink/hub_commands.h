// HubCommands: carries out what the cloud has this hub do.
//
// Source: sync reference §7.4.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "edge/blocks/apps/app_table.h"
#include "edge/blocks/lanes/lanes.h"
#include "edge/daemon/uplink/hub_lane.h"
#include "edge/daemon/uplink/replica_commands.h"
#include "edge/loop/task_group.h"
#include "sync/run/downlink.h"
#include "sync/run/hub_actions.h"

namespace edge::daemon {

// Whether the cloud may assign the hub to a lane.
enum class LanesOfCloud : std::uint8_t { kRefused, kTaken };

// All of it outlives the commands.
struct CommandTargets {
  Loop& loop;
  const blocks::AppTable& apps;
  blocks::Lanes& lanes;
  HubLane& lane;
  blocks::ConfigurationBlock& configuration;
  blocks::SecretsBlock& secrets;
  LanesOfCloud may_assign = LanesOfCloud::kRefused;
  sync::DownlinkOptions assignments = {};  // how they are read, where they have to be signed
};

class HubCommands final : public sync::HubActions {
 public:
  static constexpr std::size_t kMostAnswer = std::size_t{64} << 10;  // of an app, in bytes
  static constexpr Duration kAppLimit = std::chrono::minutes(1);     // of one call, all attempts

  explicit HubCommands(const CommandTargets& targets)
      : to_(targets),
        replicas_(targets.configuration, targets.secrets),
        tasks_(targets.loop, "commands of the cloud") {}

  Task<sync::Reply> execute(Ctx ctx, sync::Command command) override;
  Task<Status> prepare(Ctx ctx, sync::Assignment assignment) override;
  Task<sync::Move> find_lane(Ctx ctx, sync::LaneState last) override;
  void enter(const sync::EnterLane& change) override;
  Task<void> close() { return tasks_.close(); }

 private:
  struct Call;

  // An app is called, or copies are read again or forgotten.
  Task<sync::Reply> work(Ctx ctx, const sync::Command* command, const nlohmann::json* data);
  Task<sync::Reply> invoke(Ctx ctx, Call call);
  Task<Result<sync::Reply>> attempt(Ctx ctx, const Call* call);
  Task<sync::Reply> assign_lane(Ctx ctx, sync::Move move, std::string note);
  sync::Reply assign_signed(const sync::Command& command);
  [[nodiscard]] Status check_lane(const std::string& lane) const;

  CommandTargets to_;
  ReplicaCommands replicas_;
  TaskGroup tasks_;
};

}  // namespace edge::daemon
