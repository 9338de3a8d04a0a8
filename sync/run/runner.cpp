#include "sync/run/runner.h"

#include <utility>

#include "edge/base/log.h"
#include "sync/run/downlink.h"

namespace edge::sync {
namespace {

constexpr std::string_view kScope = "edge.sync";
constexpr Duration kDrainLimit = std::chrono::seconds(2);
constexpr Duration kReopenRetry = std::chrono::seconds(10);

// Numbers of publications: 0 is none, so the lowest bit is always set.
std::uint64_t number_of(const Token& token) {
  return static_cast<std::uint64_t>(token.id) << 4 |
         static_cast<std::uint64_t>(index_of(token.cls)) << 2 |
         static_cast<std::uint64_t>(token.kind) << 1 | 1;
}

Token token_of(std::uint64_t number) {
  return {.kind = (number >> 1 & 1) == 0 ? Token::Kind::kRow : Token::Kind::kGap,
          .cls = static_cast<Class>(number >> 2 & 3),
          .id = static_cast<std::int64_t>(number >> 4)};
}

Error not_running() {
  return {Code::kUnavailable, "the outbox is not open now: the message was not taken; try again"};
}

}  // namespace

Runner::Runner(const RunnerContext& context, RunnerOptions options)
    : Timer(context.loop),
      loop_(context.loop),
      uplink_(context.uplink),
      hub_(context.hub),
      options_(std::move(options)),
      downlink_{.hub = options_.hub, .ways = context.ways, .keys = options_.signing_keys},
      envelope_(options_.hub, context.ways),
      store_(context.loop, context.files, *this),
      engine_(std::in_place, options_.engine, context.loop.random()),
      drained_(context.loop),
      moved_(context.loop),
      tasks_(context.loop, "sync") {
  uplink_.attach(*this);
}

Runner::~Runner() = default;

Task<Status> Runner::start(Ctx ctx) {
  auto fine = check_hub_id(options_.hub);
  if (!fine) co_return fine;
  auto stored = co_await store_.open(ctx, options_.store);
  if (!stored) co_return std::move(stored).error().within("open the sync store");
  co_await begin(ctx, std::move(*stored));
  co_return Status();
}

Task<void> Runner::begin(Ctx ctx, Stored stored) {
  Move hub = co_await hub_.find_lane(ctx, stored.lane);
  if (state_ == State::kClosing) co_return;
  state_ = State::kRunning;
  handle(Opened{std::move(stored), std::move(hub), last_connection_});
  moved_.set();
}

// What the engine has in memory is not what the store has, so it begins anew, as after a crash:
// what waits and is stored is sent, what is being carried out is answered "unknown".
void Runner::replaced() {
  if (state_ != State::kRunning) return;
  state_ = State::kReopening;
  disarm();
  log::warn(kScope, "what waits for the cloud is read anew, as its file was replaced");
  if (connection_ != 0) uplink_.disconnect(connection_, "the hub reads anew what waits");
  connection_ = 0;
  on_the_way_ = 0;
  engine_.emplace(options_.engine, loop_.random());
  answer_all({Code::kUnavailable,
              "the file of what waits was damaged: whether the message was stored is not known"});
  tasks_.spawn(reopen(tasks_.ctx()));
}

Task<void> Runner::reopen(Ctx ctx) {
  while (!ctx.cancelled()) {
    auto stored = co_await store_.reopen(ctx);
    if (stored) {
      co_await begin(ctx, std::move(*stored));
      co_return;
    }
    log::error(kScope, "what waits for the cloud cannot be read; it is tried again",
               {{"error", stored.error().message}});
    const Status slept = co_await sleep_for(loop_, ctx, kReopenRetry);
    if (!slept) co_return;
  }
}

void Runner::answer_all(const Error& error) {
  for (auto& [ticket, waiting] : std::exchange(waiting_, {})) {
    waiting->receipt = error;
    waiting->answered.set();
  }
}

// What is acknowledged is not sent again at the next start, so the cloud has it once.
Task<void> Runner::drain() {
  state_ = State::kDraining;
  drained_.reset();
  handle(Settle{});
  DeadlineScope limit(loop_, Ctx::background(), kDrainLimit);
  const Status waited = co_await drained_.wait(limit.ctx());
  if (!waited) log::info(kScope, "the cloud did not acknowledge all in time; it comes again");
}

void Runner::note_drained() {
  if (state_ != State::kDraining || on_the_way_ > 0) return;
  const std::size_t leaving = status().leaving;
  if (leaving == 0) drained_.set();
}

Task<void> Runner::close() {
  if (state_ == State::kRunning) co_await drain();
  if (state_ == State::kDraining) say_goodbye();
  state_ = State::kClosing;
  moved_.set();
  disarm();
  co_await uplink_.close();
  co_await tasks_.close();
  co_await store_.close();
  answer_all({Code::kUnavailable, "the hub stops: whether the message was stored is not known"});
}

void Runner::say_goodbye() {
  if (connection_ == 0 || !status().online) return;
  uplink_.publish(connection_, 0, envelope_.farewell(status().epoch, connection_));
}

void Runner::report(const std::string& what, std::string payload) {
  std::string& last = reports_[what];
  if (last == payload) return;
  last = std::move(payload);
  if (connection_ != 0 && reported_ == connection_) publish_report(what);
}

void Runner::publish_report(const std::string& what) {
  if (state_ != State::kRunning) return;
  uplink_.publish(connection_, 0, envelope_.report(what, reports_[what]));
}

Task<Result<Receipt>> Runner::enqueue(Ctx ctx, Message message, Durability wanted) {
  if (state_ != State::kRunning) co_return not_running();
  auto fine = check_message(message, options_.max_message_bytes);
  if (!fine) co_return std::move(fine).error();
  if (ctx.cancelled()) co_return ctx.error();
  Waiting waiting(loop_);
  const Ticket ticket = ++tickets_;
  waiting_[ticket] = &waiting;
  handle(Enqueue{ticket, std::move(message), wanted});
  const Status waited = co_await waiting.answered.wait(ctx);
  if (waiting.receipt) co_return std::move(*waiting.receipt);
  waiting_.erase(ticket);
  if (is_handling()) handle(Forget{ticket});
  co_return waited.error();
}

// What an action brings about at once waits until the actions before it are done.
void Runner::handle(Event event) {
  if (!is_handling()) return;
  events_.push_back(std::move(event));
  if (std::exchange(handling_, true)) return;
  while (!events_.empty() && is_handling()) {
    Event next = std::move(events_.front());
    events_.pop_front();
    step(std::move(next));
  }
  handling_ = false;
  arm();
  note_drained();
}

void Runner::step(Event event) {
  Actions actions = engine_->handle({loop_.now(), loop_.wall_now()}, std::move(event));
  for (Action& action : actions) {
    std::visit([this](auto& wanted) { act(wanted); }, action);
  }
}

void Runner::arm() {
  const TimePoint wake = engine_->next_wake();
  if (!is_handling() || wake == TimePoint::max()) return disarm();
  Timer::arm(wake);
}

void Runner::expired() noexcept {
  handle(Tick{});
}

void Runner::answered(Event event) {
  handle(std::move(event));
}

void Runner::connected(Connection connection, std::size_t window) {
  ++counters_.connections;
  handle(Connected{connection, window});
}

void Runner::lost(Connection connection) {
  if (connection == connection_) {
    connection_ = 0;
    on_the_way_ = 0;
  }
  handle(Lost{connection});
}

void Runner::subscribed(Connection connection) {
  handle(Subscribed{connection});
}

void Runner::return_message(const Returned& event) {
  ++(event.why == Return::kUnclaimed ? counters_.unclaimed : counters_.returned);
  handle(event);
}

void Runner::answered(Connection connection, std::uint64_t number, Verdict verdict) {
  const Token token = token_of(number);
  if (connection == connection_ && on_the_way_ > 0) --on_the_way_;
  switch (verdict) {
    case Verdict::kTaken:
      ++counters_.acknowledged;
      handle(Acked{connection, token});
      if (state_ == State::kDraining) handle(Settle{});
      return;
    case Verdict::kNever:
      log::error(kScope, "the cloud will never take a message; it is given up",
                 {{"class", std::string(name_of(token.cls))}, {"row", std::to_string(token.id)}});
      ++counters_.given_up;
      return handle(Refused{connection, token});
    case Verdict::kUnclaimed:
      return return_message({connection, token, Return::kUnclaimed});
    case Verdict::kForbidden:
      return return_message({connection, token, Return::kForbidden});
    case Verdict::kBusy:
      return return_message({connection, token, Return::kBusy});
  }
}

// What makes no sense would come again at each connection, so it is acknowledged.
void Runner::received(Connection connection, Delivery delivery) {
  auto said = read_downlink(downlink_, delivery);
  if (!said) {
    log::warn(kScope, "a message of the cloud is not understood, and dropped",
              {{"topic", delivery.topic}, {"error", said.error().message}});
  } else if (auto* command = std::get_if<Command>(&*said)) {
    return handle(Received{connection, delivery.number, std::move(*command)});
  } else if (auto* assignment = std::get_if<Assignment>(&*said)) {
    return handle(Assigned{connection, delivery.number, std::move(*assignment)});
  }
  uplink_.acknowledge(connection, delivery.number);
}

void Runner::act(const Connect& connect) {
  connection_ = last_connection_ = connect.connection;
  uplink_.connect(connection_, envelope_.farewell(status().epoch, connection_));
}

void Runner::act(const Disconnect& disconnect) {
  uplink_.disconnect(disconnect.connection, disconnect.reason);
}

void Runner::act(const Subscribe& subscribe) {
  uplink_.subscribe(subscribe.connection, envelope_.filters(subscribe.lanes));
}

// A hub that is about to stop sends nothing new.
void Runner::send(Connection connection, const Token& token, Publication publication) {
  if (state_ != State::kRunning) return;
  if (connection == connection_) ++on_the_way_;
  uplink_.publish(connection, number_of(token), std::move(publication));
}

void Runner::act(const SendRow& send_row) {
  const Token token{Token::Kind::kRow, send_row.row->message->cls, send_row.row->row};
  send(send_row.connection, token, envelope_.row(send_row, loop_.wall_now()));
}

void Runner::act(const SetAside& aside) {
  const Row& row = *aside.row;
  ++counters_.given_up;
  log::error(kScope,
             "the cloud ended every connection on which it got a message; it is given up, and a "
             "gap record says so",
             {{"topic", row.message->topic},
              {"class", std::string(name_of(row.message->cls))},
              {"id", row.id},
              {"connections", std::to_string(aside.connections)}});
}

void Runner::act(const SendGap& send_gap) {
  const Token token{Token::Kind::kGap, send_gap.gap.stream.cls, send_gap.gap.id};
  send(send_gap.connection, token, envelope_.gap(send_gap));
}

void Runner::act(const SendPresence& send) {
  uplink_.publish(send.connection, 0, envelope_.presence(send));
  if (send.connection != connection_ || reported_ == connection_) return;
  reported_ = connection_;
  for (const auto& [what, payload] : reports_) publish_report(what);
}

void Runner::act(const SendLaneReport& send) {
  uplink_.publish(send.connection, 0, envelope_.lane_report(send));
}

void Runner::act(const Acknowledge& acknowledge) {
  uplink_.acknowledge(acknowledge.connection, acknowledge.delivery);
}

void Runner::act(const LeaveUnanswered& left) {
  ++counters_.refused;
  log::warn(kScope, "a command that came again is not answered again now: too many answers wait",
            {{"source", left.issuer}, {"id", left.id}});
}

void Runner::act(Execute& execute_it) {
  tasks_.spawn(execute(tasks_.ctx(), std::move(execute_it.command)));
}

Task<void> Runner::execute(Ctx ctx, Command command) {
  const std::string issuer = command.issuer;
  const std::string id = command.id;
  auto reply = co_await hub_.execute(ctx, std::move(command));
  ++counters_.commands;
  handle(Executed{issuer, id, std::move(reply)});
}

void Runner::act(Prepare& prepare_it) {
  tasks_.spawn(prepare(tasks_.ctx(), std::move(prepare_it.assignment)));
}

Task<void> Runner::prepare(Ctx ctx, Assignment assignment) {
  const std::uint64_t gen = assignment.lane.gen;
  auto done = co_await hub_.prepare(ctx, std::move(assignment));
  handle(Prepared{gen, std::move(done)});
}

void Runner::act(Answer& answer) {
  const auto found = waiting_.find(answer.ticket);
  if (found == waiting_.end()) return;
  ++(answer.receipt ? counters_.accepted : counters_.refused);
  found->second->receipt = std::move(answer.receipt);
  found->second->answered.set();
  waiting_.erase(found);
}

void Runner::act(const EnterLane& enter) {
  const bool is_by_cloud = enter.lane.gen > 0 || enter.undone > 0;
  if (is_by_cloud && enter.stay == Stay::kOn) hub_.enter(enter);
  moved_.set();
}

Task<Status> Runner::move(Ctx ctx, Move move) {
  const std::string wanted = move.lane;
  handle(Moved{std::move(move)});
  while (is_handling() && status().lane.id != wanted) {
    moved_.reset();
    auto waited = co_await moved_.wait(ctx);
    if (!waited) co_return waited;
  }
  if (is_handling()) co_return Status();
  co_return Error{Code::kUnavailable, "the sync engine does not run"};
}

}  // namespace edge::sync
