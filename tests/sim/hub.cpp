#include "tests/sim/hub.h"

#include <utility>

namespace edge::sync::sim {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::int64_t kRoomy = std::int64_t{1} << 40;
constexpr Time kWriteBack = seconds(30);

}  // namespace

Hub::Hub(World& world, const Plan& plan, Account& account, Cloud& cloud, Disk& disk)
    : world_(world), plan_(plan), account_(account), cloud_(cloud), disk_(disk) {
  disk_.set_capacity(kRoomy);
}

void Hub::start() {
  boot();
  repeat(plan_.publish, &Hub::publish);
  repeat(plan_.kill, &Hub::kill);
  repeat(plan_.power_cut, &Hub::cut_power);
  repeat(plan_.disk_full, &Hub::fill_disk);
  repeat(plan_.clock_jump, &Hub::jump_clock);
  repeat(plan_.move, &Hub::move);
}

void Hub::calm_down() {
  calm_ = true;
  skew_ = Time(0);
  clock_unset_ = false;
  disk_.set_capacity(kRoomy);
}

void Hub::repeat(Time mean, void (Hub::*what)()) {
  if (mean == Time(0)) return;
  world_.after(world_.about(mean), [this, mean, what] {
    if (calm_) return;
    (this->*what)();
    repeat(mean, what);
  });
}

void Hub::later(Time delay, std::function<void()> what) {
  world_.after(delay, [this, incarnation = incarnation_, what = std::move(what)] {
    if (incarnation == incarnation_ && engine_) what();
  });
}

void Hub::handle_later(Time delay, Event event) {
  later(delay, [this, event = std::move(event)] { handle(event); });
}

Moment Hub::moment() const {
  const auto uptime = world_.now() - booted_;
  const TimePoint mono = TimePoint(mono_origin_ + uptime);
  if (clock_unset_) return {mono, WallTime(uptime)};
  return {mono, cloud_.wall() + skew_};
}

void Hub::boot() {
  ++incarnation_;
  ++starts_;
  account_.started();
  world_.note("boot", starts_);
  booted_ = world_.now();
  disk_busy_ = world_.now();
  mono_origin_ = world_.between(Time(0), hours(10));
  clock_unset_ = plan_.starts_in_1970 && !calm_;
  if (clock_unset_) {
    later(world_.about(minutes(1)), [this] { clock_unset_ = false; });
  }
  random_.emplace(world_.random().next_u64());
  engine_ = std::make_unique<Engine>(plan_.engine, *random_);
  if (plan_.mistake == Mistake::kSkipSync) {
    later(kWriteBack, [this] { disk_.write_back(); });
  }
  catch_up();
  later(world_.about(plan_.disk_delay), [this] {
    Opened opened{.stored = disk_.tables().stored(), .hub = lane_};
    if (plan_.mistake == Mistake::kReuseNumbers && opened.stored.meta.epoch > 0) {
      --opened.stored.meta.epoch;
    }
    handle(std::move(opened));
  });
}

void Hub::stop() {
  engine_.reset();
  ++incarnation_;
  if (wire_) {
    wire_->up = false;
    if (world_.chance(500)) wire_->down = false;
    wire_.reset();
  }
  asked_.clear();
}

void Hub::kill() {
  if (!engine_) return;
  world_.note("kill");
  stop();
  account_.crashed();
  world_.after(world_.about(seconds(3)), [this] { boot(); });
}

void Hub::cut_power() {
  if (!engine_) return;
  world_.note("power cut");
  stop();
  disk_.cut_power();
  account_.crashed();
  world_.after(world_.about(world_.below(8) == 0 ? minutes(30) : seconds(20)), [this] { boot(); });
}

void Hub::fill_disk() {
  world_.note("disk full");
  disk_.set_capacity(disk_.tables().bytes() + world_.between(0, 2000));
  world_.after(world_.about(minutes(1)), [this] { disk_.set_capacity(kRoomy); });
}

void Hub::jump_clock() {
  world_.note("clock jumps");
  constexpr Time kYear = hours(24 * 365);
  skew_ = world_.below(2) == 0 ? kYear : -kYear;
  world_.after(world_.about(minutes(1)), [this] { skew_ = Time(0); });
}

void Hub::move() {
  lane_ = {.lane = world_.below(3) == 0 ? "base" : "lane-" + std::to_string(world_.below(2)),
           .drain = world_.below(2) == 0 ? DrainMode::kKeep : DrainMode::kRetag};
  lane_gen_ = 0;
  world_.note("move");
  if (engine_ && engine_->status().epoch > 0) handle(Moved{lane_});
}

// What the cloud has done, and a crash kept from the hub.
void Hub::catch_up() {
  const LaneState& last = disk_.tables().lane;
  const std::uint64_t gen = last.lane.gen;
  const bool is_new = gen > 0 && !gens_seen_.contains(gen);
  const bool is_over = lane_gen_ > 0 && lane_gen_ != gen && lane_gen_ <= last.highest_gen;
  if (!is_new && !is_over) return;
  lane_ = {.lane = last.lane.id};
  lane_gen_ = gen;
  gens_seen_.insert(gen);
}

void Hub::publish() {
  const std::uint64_t count = 1 + world_.below(plan_.burst);
  for (std::uint64_t i = 0; i < count; ++i) publish_one();
}

void Hub::publish_one() {
  if (!engine_ || engine_->status().epoch == 0) return;
  Message message;
  message.cls = static_cast<Class>(world_.below(kClasses));
  message.source = "app" + std::to_string(world_.below(plan_.sources));
  message.key = world_.below(2) == 0 ? "" : "lamp" + std::to_string(world_.below(3));
  message.topic = "t" + std::to_string(world_.below(2));
  if (plan_.brief && world_.below(4) == 0) message.ttl = world_.between(seconds(2), minutes(5));
  if (plan_.own_lanes && world_.below(6) == 0)
    message.lane = Lane{"lane-" + std::to_string(world_.below(2)), 0};
  const std::string lane = message.lane ? message.lane->id : engine_->status().lane.id;
  const auto number = account_.publish(stream_of(message), lane);
  message.body = std::to_string(number) + " " + std::string(world_.below(600), 'b');
  world_.note("publish", static_cast<std::uint64_t>(number));
  asked_[++tickets_] = number;
  const auto wanted = world_.below(8) == 0 ? Durability::kCloud : Durability::kCommitted;
  handle(Enqueue{tickets_, std::move(message), wanted});
  if (wanted == Durability::kCloud && world_.below(3) == 0) {
    later(world_.about(seconds(5)), [this, ticket = tickets_] {
      asked_.erase(ticket);
      handle(Forget{ticket});
    });
  }
}

void Hub::handle(Event event) {
  world_.note("event", event.index());
  Actions actions = engine_->handle(moment(), std::move(event));
  for (Action& action : actions) {
    world_.note("action", action.index());
    std::visit([this](auto& wanted) { act(wanted); }, action);
  }
  arm_tick();
}

void Hub::arm_tick() {
  const TimePoint wake = engine_->next_wake();
  if (wake == TimePoint::max()) return;
  const auto delay = std::chrono::ceil<Time>(wake - moment().mono);
  later(delay, [this, tick = ++tick_] {
    if (tick == tick_) handle(Tick{});
  });
}

bool Hub::is_drained() const {
  const Tables& tables = disk_.tables();
  for (const auto& rows : tables.rows) {
    if (!rows.empty()) return false;
  }
  return tables.gaps.empty() && tables.lane.phase == LanePhase::kActive;
}

Time Hub::take_disk_turn() {
  disk_busy_ = std::max(disk_busy_, world_.now()) + world_.about(plan_.disk_delay);
  return disk_busy_ - world_.now();
}

void Hub::answer_in_turn(Event event) {
  handle_later(take_disk_turn(), std::move(event));
}

void Hub::committed(const std::vector<Write>& writes) {
  account_.committed(writes);
  if (disk_.tables().gaps.size() <= plan_.engine.outbox.max_gaps) return;
  account_.violate("more gap records than there may be");
}

void Hub::act(Commit& commit) {
  auto writes = std::make_shared<std::vector<Write>>(std::move(commit.writes));
  const bool answers_early = plan_.mistake == Mistake::kAnswerBeforeCommit;
  if (answers_early) handle_later(milliseconds(1), Committed{});
  const Time begin = take_disk_turn();
  const Time end = take_disk_turn();
  later(begin, [this, writes, end, begin, answers_early] {
    Committed result;
    if (!calm_ && world_.chance(plan_.commit_fails)) {
      result.status = Error{Code::kUnavailable, "the disk did not answer"};
    } else {
      account_.committing(*writes);
      result.status = disk_.commit(*writes);
      if (result.status) committed(*writes);
    }
    if (!answers_early) handle_later(end - begin, std::move(result));
  });
}

void Hub::act(Load& load) {
  const Time begin = take_disk_turn();
  later(begin, [this, load, begin, end = take_disk_turn()] {
    Loaded loaded = disk_.load(load);
    if (!calm_ && world_.chance(plan_.commit_fails)) {
      loaded.rows = Error{Code::kUnavailable, "the disk did not answer"};
    }
    handle_later(end - begin, std::move(loaded));
  });
}

void Hub::act(Scan& scan) {
  later(take_disk_turn(), [this, scan] { handle(disk_.scan(scan)); });
}

void Hub::act(LoadReply& load) {
  later(take_disk_turn(), [this, load] { handle(disk_.load_reply(load)); });
}

void Hub::act(Connect& connect) {
  wire_ = std::make_shared<Wire>();
  wire_->connection = connect.connection;
  wire_->to_hub = [this, incarnation = incarnation_](Event event) {
    if (incarnation == incarnation_ && engine_) handle(std::move(event));
  };
  cloud_.connect(wire_);
}

void Hub::act(Disconnect&) {
  if (!wire_) return;
  cloud_.disconnect(wire_);
  const Connection connection = wire_->connection;
  wire_.reset();
  handle_later(Time(1), Lost{connection});
}

void Hub::act(Subscribe& subscribe) {
  account_.subscribed(subscribe.lanes);
  cloud_.subscribe(wire_, subscribe.lanes);
}

void Hub::act(SendRow& send) {
  const bool asks_again = plan_.mistake == Mistake::kReevaluateLane;
  std::string lane = asks_again ? engine_->status().lane.id : send.row->lane.id;
  if (send.way == Way::kBase) lane = "base";
  account_.sent(*send.row);
  cloud_.send_row(wire_, send.row, lane);
  if (plan_.mistake == Mistake::kDeleteBeforeAck) {
    const Token token{Token::Kind::kRow, send.row->message->cls, send.row->row};
    handle_later(Time(1), Acked{send.connection, token});
  }
}

void Hub::act(SetAside& aside) {
  world_.note("set aside", static_cast<std::uint64_t>(aside.row->row));
  account_.set_aside(*aside.row);
}

void Hub::act(SendGap& send) {
  cloud_.send_gap(wire_, send.gap, send.way == Way::kBase ? "base" : send.gap.lane.id);
}

void Hub::act(SendPresence&) {}

void Hub::act(SendLaneReport& report) {
  world_.note(report.status, report.gen);
}

void Hub::act(Acknowledge& acknowledge) {
  if (!wire_ || wire_->connection != acknowledge.connection) return;
  cloud_.acknowledge(wire_, acknowledge.delivery);
}

void Hub::act(LeaveUnanswered&) {}

void Hub::act(Execute& execute) {
  const Command command = execute.command;
  const WallTime wall = moment().wall;
  if (wall >= HubClock::kSet && command.expires && *command.expires <= wall) {
    account_.violate("command " + command.id + " is carried out after it has expired");
  }
  later(world_.about(milliseconds(20)), [this, command] {
    account_.executed(command.id, command.idempotent);
    const Reply reply{.status = world_.below(10) == 0 ? "failed" : "ok", .code = 200, .body = "{}"};
    handle_later(world_.about(seconds(1)), Executed{command.issuer, command.id, reply});
  });
}

void Hub::act(Answer& answer) {
  const auto found = asked_.find(answer.ticket);
  if (found == asked_.end()) return;
  const std::int64_t number = found->second;
  asked_.erase(found);
  world_.note(answer.receipt ? "accepted" : "refused", static_cast<std::uint64_t>(number));
  if (!answer.receipt) return;
  account_.accepted(number);
  if (answer.receipt->durability == Durability::kCloud) account_.confirmed(number);
}

void Hub::act(Prepare& prepare) {
  if (!calm_ && world_.below(12) == 0) return;  // it never ends
  Prepared prepared{.gen = prepare.assignment.lane.gen};
  if (!calm_ && world_.below(8) == 0) {
    prepared.status = Error{Code::kNotFound, "the lane has no configuration"};
  }
  handle_later(world_.about(seconds(2)), std::move(prepared));
}

void Hub::act(EnterLane& enter) {
  world_.note("enter", enter.lane.gen);
  const bool is_by_hand = enter.lane.gen == 0 && enter.undone == 0;
  if (is_by_hand || enter.stay == Stay::kPassing) return;
  lane_ = {.lane = enter.lane.id};
  lane_gen_ = enter.lane.gen;
  gens_seen_.insert(enter.lane.gen);
}

}  // namespace edge::sync::sim
