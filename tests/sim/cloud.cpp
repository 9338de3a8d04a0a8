#include "tests/sim/cloud.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

namespace edge::sync::sim {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const WallTime kBegin{seconds(1'780'000'000)};
constexpr Time kRemind = seconds(20);

}  // namespace

Cloud::Cloud(World& world, const Plan& plan, Account& account)
    : world_(world), plan_(plan), account_(account) {}

WallTime Cloud::wall() const {
  return kBegin + world_.now();
}

void Cloud::repeat(Time mean, void (Cloud::*what)()) {
  if (mean == Time(0)) return;
  world_.after(world_.about(mean), [this, mean, what] {
    if (calm_) return;
    (this->*what)();
    repeat(mean, what);
  });
}

void Cloud::start() {
  reachable_ = !plan_.starts_offline;
  repeat(plan_.cut, &Cloud::cut);
  repeat(plan_.partition, &Cloud::part);
  repeat(plan_.broker_crash, &Cloud::crash);
  repeat(plan_.command, &Cloud::command);
  repeat(plan_.assignment, &Cloud::assign);
  repeat(plan_.audience, &Cloud::change_audience);
  if (plan_.command > Time(0)) world_.after(kRemind, [this] { remind(); });
}

void Cloud::calm_down() {
  calm_ = true;
  reachable_ = true;
}

void Cloud::up(const WirePtr& wire, std::function<void()> arrived) {
  if (!wire) return;
  wire->last_up = std::max(wire->last_up, world_.now() + world_.about(plan_.delay));
  world_.after(wire->last_up - world_.now(), [wire, arrived = std::move(arrived)] {
    if (wire->up) arrived();
  });
}

void Cloud::down(const WirePtr& wire, Event event) {
  wire->last_down = std::max(wire->last_down, world_.now() + world_.about(plan_.delay));
  world_.after(wire->last_down - world_.now(), [wire, event = std::move(event)] {
    if (wire->down) wire->to_hub(event);
  });
}

void Cloud::connect(const WirePtr& wire) {
  world_.after(world_.about(plan_.delay), [this, wire] {
    if (!wire->up) return;
    if (!reachable_) {
      wire->up = false;
      if (world_.chance(500)) down(wire, Lost{wire->connection});
      return;
    }
    if (session_) session_->up = session_->down = false;  // the new one takes over
    session_ = wire;
    down(wire, Connected{wire->connection, plan_.window});
  });
}

void Cloud::disconnect(const WirePtr& wire) {
  up(wire, [this, wire] {
    wire->up = wire->down = false;
    if (session_ == wire) session_.reset();
  });
}

// An acknowledgement may overtake another.
void Cloud::ack(const WirePtr& wire, const Token& token) {
  if (!calm_ && world_.chance(plan_.ack_lost)) return;
  world_.after(world_.about(plan_.delay), [wire, token] {
    if (wire->down) wire->to_hub(Acked{wire->connection, token});
  });
}

void Cloud::give_back(const WirePtr& wire, const Token& token, Return why, const RowPtr& row) {
  world_.note("returned", static_cast<std::uint64_t>(why));
  world_.after(world_.about(plan_.delay), [this, wire, token, why, row] {
    if (!wire->down) return;
    if (row) account_.heard_back(*row);
    wire->to_hub(Returned{wire->connection, token, why});
  });
}

bool Cloud::returns(const WirePtr& wire, const Token& token, const std::string& lane,
                    const RowPtr& row) {
  const bool later = !calm_ && world_.chance(plan_.returned);
  if (later) {
    give_back(wire, token, world_.below(2) == 0 ? Return::kBusy : Return::kForbidden, row);
  } else if (deserted_.contains(lane)) {
    give_back(wire, token, Return::kUnclaimed, row);
  }
  return later || deserted_.contains(lane);
}

void Cloud::send_row(const WirePtr& wire, const RowPtr& row, const std::string& lane) {
  up(wire, [this, wire, row, lane] {
    if (is_poisonous(*row->message)) return break_wire(true);
    if (returns(wire, {Token::Kind::kRow, row->message->cls, row->row}, lane, row)) {
      return account_.returned(*row);
    }
    take_row(row, lane);
    ack(wire, {Token::Kind::kRow, row->message->cls, row->row});
    if (calm_ || !world_.chance(plan_.repeated)) return;
    world_.after(world_.about(seconds(5)), [this, row, lane] { take_row(row, lane); });
  });
}

bool Cloud::is_poisonous(const Message& message) const {
  if (plan_.poisonous == 0 || !message.correlation.empty() || message.source == "hub") return false;
  constexpr std::uint64_t kPrime = 7919;
  return static_cast<std::uint64_t>(Account::number_of(message)) * kPrime % 1000 < plan_.poisonous;
}

void Cloud::send_gap(const WirePtr& wire, const Gap& gap, const std::string& lane) {
  up(wire, [this, wire, gap, lane] {
    if (returns(wire, {Token::Kind::kGap, gap.stream.cls, gap.id}, lane, {})) return;
    world_.note("cloud has a gap", gap.last.seq);
    account_.received(gap);
    ack(wire, {Token::Kind::kGap, gap.stream.cls, gap.id});
  });
}

void Cloud::take_row(const RowPtr& row, const std::string& lane) {
  world_.note("cloud has", static_cast<std::uint64_t>(Account::number_of(*row->message)));
  account_.received(*row, lane);
  if (!row->message->correlation.empty()) take_reply(*row->message);
}

void Cloud::take_reply(const Message& message) {
  const auto found = orders_.find(message.correlation);
  if (found == orders_.end()) return account_.violate("a reply to no command");
  Order& order = found->second;
  const std::string status = nlohmann::json::parse(message.body).at("status");
  // One that was refused as the inbox was full is new when it comes again.
  const bool was_refused = order.status == "rejected" || status == "rejected";
  if (order.answered && order.status != status && !was_refused) {
    account_.violate("command " + message.correlation + " answered " + order.status + " and " +
                     status);
  }
  if (order.answered) return;
  order.answered = true;
  order.status = status;
  ++answered_;
}

void Cloud::subscribe(const WirePtr& wire, const std::vector<std::string>&) {
  up(wire, [this, wire] {
    down(wire, Subscribed{wire->connection});
    for (auto& [id, order] : orders_) {
      if (order.delivery != 0) deliver(order);
    }
    deliver_assignment();
  });
}

void Cloud::acknowledge(const WirePtr& wire, std::uint64_t delivery) {
  for (const auto& [id, order] : orders_) {
    if (delivery != 0 && order.delivery == delivery) account_.acknowledged(id);
  }
  up(wire, [this, delivery] {
    for (auto& [id, order] : orders_) {
      if (order.delivery == delivery) order.delivery = 0;
    }
  });
}

void Cloud::deliver(Order& order) {
  if (order.command.expires && *order.command.expires <= wall()) {
    order.delivery = 0;  // the broker expires it, too
    return;
  }
  if (order.delivery == 0) order.delivery = ++deliveries_;
  if (session_) down(session_, Received{session_->connection, order.delivery, order.command});
}

void Cloud::deliver_assignment() {
  if (session_ && gen_ > 0)
    down(session_, Assigned{session_->connection, ++deliveries_, assignment_});
}

void Cloud::command() {
  Order order;
  order.command.id = "c" + std::to_string(orders_.size());
  order.command.issuer = "ops";
  order.command.subject = "device-" + std::to_string(world_.below(3));
  order.command.reply_to = "replies";
  order.command.payload = std::string(world_.below(100), 'p');
  order.command.idempotent = world_.below(3) == 0;
  order.command.expires = wall() + world_.between(seconds(30), minutes(30));
  world_.note("command", orders_.size());
  deliver(orders_[order.command.id] = order);
}

// The cloud asks again until it has an answer.
void Cloud::remind() {
  if (calm_ && is_content()) return;
  for (auto& [id, order] : orders_) {
    if (!order.answered) deliver(order);
  }
  world_.after(kRemind, [this] { remind(); });
}

void Cloud::assign() {
  assignment_ = {};
  assignment_.lane = {world_.below(3) == 0 ? "base" : "lane-" + std::to_string(world_.below(3)),
                      ++gen_};
  assignment_.drain = world_.below(3) == 0 ? DrainMode::kRetag : DrainMode::kKeep;
  assignment_.drain_limit = world_.between(seconds(10), minutes(5));
  assignment_.probation = world_.between(seconds(60), minutes(3));
  if (world_.below(4) == 0) {
    assignment_.expires = wall() + world_.between(minutes(1), minutes(20));
    assignment_.on_expiry = OnExpiry::kBase;
  }
  world_.note("assign", gen_);
  deliver_assignment();
}

void Cloud::change_audience() {
  const std::string lane = "lane-" + std::to_string(world_.below(3));
  world_.note("audience of " + lane);
  if (deserted_.erase(lane) == 0) deserted_.insert(lane);
}

void Cloud::break_wire(bool notify) {
  if (!session_) return;
  world_.note(notify ? "cut" : "silent cut");
  const WirePtr wire = std::exchange(session_, nullptr);
  wire->up = false;
  if (notify) {
    // The hub hears of it; what was on its way to it is gone.
    const auto to_hub = wire->to_hub;
    const Connection connection = wire->connection;
    wire->down = false;
    world_.after(world_.about(plan_.delay), [to_hub, connection] { to_hub(Lost{connection}); });
  } else {
    wire->down = world_.below(2) == 0;  // half open, or dead
  }
}

void Cloud::cut() {
  break_wire(world_.below(3) != 0);
}

void Cloud::part() {
  world_.note("partition");
  break_wire(world_.below(2) == 0);
  reachable_ = false;
  world_.after(world_.about(plan_.partition_length), [this] { reachable_ = true; });
}

void Cloud::crash() {
  world_.note("broker crash");
  break_wire(true);
  reachable_ = false;
  world_.after(world_.about(seconds(20)), [this] { reachable_ = true; });
}

bool Cloud::is_content() const {
  return std::ranges::all_of(orders_, [&](const auto& entry) {
    const auto& [id, order] = entry;
    return order.answered || (order.command.expires && *order.command.expires <= wall());
  });
}

}  // namespace edge::sync::sim
