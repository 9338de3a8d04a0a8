// Cloud: a broker that many things happen to, and behind it who takes the hub's messages, commands
// it and assigns its lane.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "tests/sim/account.h"
#include "tests/sim/plan.h"

namespace edge::sync::sim {

// One connection, as long as both ends believe in it. What is on its way is lost when it breaks.
struct Wire {
  Connection connection = 0;
  bool up = true;    // what the hub sends arrives
  bool down = true;  // what the broker sends arrives
  Time last_up{0};   // nothing overtakes
  Time last_down{0};
  std::function<void(Event)> to_hub;
};
using WirePtr = std::shared_ptr<Wire>;

class Cloud {
 public:
  Cloud(World& world, const Plan& plan, Account& account);
  void start();
  // No more trouble, and nothing new.
  void calm_down();

  // The hub's side.
  void connect(const WirePtr& wire);
  void disconnect(const WirePtr& wire);
  void send_row(const WirePtr& wire, const RowPtr& row, const std::string& lane);
  void send_gap(const WirePtr& wire, const Gap& gap, const std::string& lane);
  void subscribe(const WirePtr& wire, const std::vector<std::string>& lanes);
  void acknowledge(const WirePtr& wire, std::uint64_t delivery);

  [[nodiscard]] WallTime wall() const;
  // Every command has been answered or has expired.
  [[nodiscard]] bool is_content() const;
  [[nodiscard]] std::uint64_t last_gen() const noexcept { return gen_; }
  [[nodiscard]] std::size_t answered() const noexcept { return answered_; }

 private:
  struct Order {
    Command command;
    std::uint64_t delivery = 0;  // 0: the broker has nothing for the hub
    bool answered = false;
    std::string status;
  };

  void up(const WirePtr& wire, std::function<void()> arrived);
  void down(const WirePtr& wire, Event event);
  void ack(const WirePtr& wire, const Token& token);
  void give_back(const WirePtr& wire, const Token& token, Return why, const RowPtr& row);
  // Whether the broker does not take it now; then the hub hears of it.
  // `row`: null for a gap record.
  bool returns(const WirePtr& wire, const Token& token, const std::string& lane, const RowPtr& row);
  void break_wire(bool notify);
  void take_row(const RowPtr& row, const std::string& lane);
  [[nodiscard]] bool is_poisonous(const Message& message) const;
  void take_reply(const Message& message);
  void deliver(Order& order);
  void deliver_assignment();

  void repeat(Time mean, void (Cloud::*what)());
  void cut();
  void part();
  void crash();
  void command();
  void remind();
  void assign();
  void change_audience();

  World& world_;
  const Plan& plan_;
  Account& account_;
  WirePtr session_;
  bool reachable_ = true;
  bool calm_ = false;
  std::set<std::string> deserted_;  // lanes with nobody who takes what goes there
  std::map<std::string, Order> orders_;
  std::uint64_t deliveries_ = 0;
  std::uint64_t gen_ = 0;
  Assignment assignment_;
  std::size_t answered_ = 0;
};

}  // namespace edge::sync::sim
