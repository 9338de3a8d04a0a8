// Hub: an engine with a simulated store, uplink, clocks and apps, that is killed and started again.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "tests/sim/cloud.h"

namespace edge::sync::sim {

class Hub {
 public:
  Hub(World& world, const Plan& plan, Account& account, Cloud& cloud, Disk& disk);
  void start();
  // No more trouble, and no new messages.
  void calm_down();

  // Nothing waits for the cloud, and no change of the lane is under way.
  [[nodiscard]] bool is_drained() const;
  [[nodiscard]] bool has_forgotten_commands() const { return disk_.tables().inbox.empty(); }
  // Whether the hub itself and the engine's store know the same lane.
  [[nodiscard]] bool has_one_lane() const { return disk_.tables().lane.lane.id == lane_.lane; }
  [[nodiscard]] std::size_t starts() const noexcept { return starts_; }

 private:
  void boot();
  void stop();
  void kill();
  void cut_power();
  void fill_disk();
  void jump_clock();
  void move();
  void catch_up();
  void publish();
  void publish_one();

  [[nodiscard]] Moment moment() const;
  void handle(Event event);
  // Later, unless the hub is stopped before.
  void later(Time delay, std::function<void()> what);
  void handle_later(Time delay, Event event);
  void arm_tick();
  void repeat(Time mean, void (Hub::*what)());

  // The store does one thing after the other.
  Time take_disk_turn();
  void answer_in_turn(Event event);

  void committed(const std::vector<Write>& writes);
  void act(Commit& commit);
  void act(Load& load);
  void act(Scan& scan);
  void act(LoadReply& load);
  void act(Connect& connect);
  void act(Disconnect& disconnect);
  void act(Subscribe& subscribe);
  void act(SendRow& send);
  void act(SetAside& aside);
  void act(SendGap& send);
  void act(SendPresence& presence);
  void act(SendLaneReport& report);
  void act(Acknowledge& acknowledge);
  void act(LeaveUnanswered& left);
  void act(Execute& execute);
  void act(Answer& answer);
  void act(Prepare& prepare);
  void act(EnterLane& enter);

  World& world_;
  const Plan& plan_;
  Account& account_;
  Cloud& cloud_;
  Disk& disk_;
  std::optional<SeededRandom> random_;
  std::unique_ptr<Engine> engine_;
  std::uint64_t incarnation_ = 0;
  std::uint64_t tick_ = 0;
  Time booted_{0};
  Time mono_origin_{0};
  Time skew_{0};  // of the wall clock
  bool clock_unset_ = false;
  bool calm_ = false;
  Time disk_busy_{0};
  WirePtr wire_;
  Move lane_{.lane = "base"};   // that the hub itself keeps, and never loses
  std::uint64_t lane_gen_ = 0;  // by which the cloud put it there; 0: somebody at the hub did
  std::set<std::uint64_t> gens_seen_;
  Ticket tickets_ = 0;
  std::map<Ticket, std::int64_t> asked_;  // the message of each ticket
  std::size_t starts_ = 0;
};

}  // namespace edge::sync::sim
