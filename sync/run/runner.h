// Runner: the sync engine with a store, an uplink, a clock and apps around it.
//
// Events go in one at a time, in the order in which they happen; what the engine wants done is done
// in its order. Loop thread; closed before it goes away.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "edge/loop/sync.h"
#include "edge/loop/task_group.h"
#include "sync/run/cloud_port.h"
#include "sync/run/downlink.h"
#include "sync/run/envelope.h"
#include "sync/run/hub_actions.h"
#include "sync/run/store.h"
#include "sync/run/uplink.h"

namespace edge::sync {

struct RunnerOptions {
  std::string hub;  // its id; see check_hub_id
  EngineOptions engine;
  StoreOptions store;
  std::size_t max_message_bytes = std::size_t{128} << 10;
  SigningKeys signing_keys = nullptr;  // of assignments
};

// Since the start.
struct RunnerCounters {
  std::uint64_t accepted = 0;      // messages of the hub's apps that were stored
  std::uint64_t refused = 0;       // those that were not, and answers that were left out
  std::uint64_t acknowledged = 0;  // publications that the cloud took
  std::uint64_t given_up = 0;      // those that it never will
  std::uint64_t unclaimed = 0;     // those of lanes that went by the baseline's topics
  std::uint64_t returned = 0;      // those that it did not take at first
  std::uint64_t commands = 0;      // carried out
  std::uint64_t connections = 0;
};

// What it lives among; all of it outlives the runner.
struct RunnerContext {
  Loop& loop;
  store::OpenFiles& files;
  Uplink& uplink;
  HubActions& hub;
  const LaneWays& ways = LaneWays::by_name();
};

class Runner final : public CloudPort, private StoreOwner, private UplinkOwner, private Timer {
 public:
  Runner(const RunnerContext& context, RunnerOptions options);
  ~Runner() override;

  // Reads the store; messages are taken from then on, and the cloud is sought. Errors:
  // kInvalidArgument (the hub's id); of Store::open. Then it may be tried again.
  Task<Status> start(Ctx ctx);
  // Waits a moment for what is on its way to the cloud, tells it that the hub goes, ends what is
  // under way, and closes the store. What was accepted is sent at the next start.
  Task<void> close();

  Task<Result<Receipt>> enqueue(Ctx ctx, Message message, Durability wanted) override;
  // Somebody at the hub has moved it. Answers when the store knows it. Errors: kCancelled,
  // kDeadlineExceeded, kUnavailable (it is known at the next start, by HubActions::find_lane).
  Task<Status> move(Ctx ctx, Move move);
  // As if the cloud's broker had brought it.
  void assign(Assignment assignment) { handle(Assigned{0, 0, std::move(assignment)}); }
  [[nodiscard]] EngineStatus status() const override { return engine_->status(); }
  [[nodiscard]] const RunnerCounters& counters() const noexcept { return counters_; }
  // Says how the hub stands to something of the cloud's: retained at e1/r/<hub>/<what>, again with
  // each connection. Source: sync reference §7.1.
  void report(const std::string& what, std::string payload);
  // By class and lane. Errors: of Store::survey.
  Task<Result<Survey>> survey(Ctx ctx) { return store_.survey(ctx); }

 private:
  // Who waits for an answer; stands in the frame of enqueue().
  struct Waiting {
    explicit Waiting(Loop& loop) : answered(loop) {}
    edge::Event answered;
    std::optional<Result<Receipt>> receipt;
  };
  enum class State : std::uint8_t { kStopped, kRunning, kReopening, kDraining, kClosing };
  [[nodiscard]] bool is_handling() const noexcept {
    return state_ == State::kRunning || state_ == State::kDraining;
  }

  void handle(Event event);
  void step(Event event);
  void arm();
  void expired() noexcept override;

  void answered(Event event) override;
  void replaced() override;
  void connected(Connection connection, std::size_t window) override;
  void lost(Connection connection) override;
  void subscribed(Connection connection) override;
  void answered(Connection connection, std::uint64_t number, Verdict verdict) override;
  void received(Connection connection, Delivery delivery) override;

  void act(Commit& commit) { store_.run(std::move(commit)); }
  void act(const Load& load) { store_.run(load); }
  void act(const Scan& scan) { store_.run(scan); }
  void act(LoadReply& load) { store_.run(std::move(load)); }
  void act(const Connect& connect);
  void act(const Disconnect& disconnect);
  void act(const Subscribe& subscribe);
  void act(const SendRow& send);
  void act(const SetAside& aside);
  void act(const SendGap& send);
  void act(const SendPresence& send);
  void act(const SendLaneReport& send);
  void act(const Acknowledge& acknowledge);
  void act(const LeaveUnanswered& left);
  void act(Execute& execute);
  void act(Answer& answer);
  void act(Prepare& prepare);
  void act(const EnterLane& enter);

  void send(Connection connection, const Token& token, Publication publication);
  Task<void> begin(Ctx ctx, Stored stored);
  Task<void> reopen(Ctx ctx);
  void answer_all(const Error& error);
  Task<void> drain();
  void return_message(const Returned& event);
  void note_drained();
  void say_goodbye();
  void publish_report(const std::string& what);
  Task<void> execute(Ctx ctx, Command command);
  Task<void> prepare(Ctx ctx, Assignment assignment);

  Loop& loop_;
  Uplink& uplink_;
  HubActions& hub_;
  RunnerOptions options_;
  DownlinkOptions downlink_;
  Envelope envelope_;
  Store store_;
  std::optional<Engine> engine_;  // another one where the store is read anew
  State state_ = State::kStopped;
  bool handling_ = false;
  std::deque<Event> events_;   // that came while one was handled
  Connection connection_ = 0;  // 0: there is none
  Connection last_connection_ = 0;
  std::map<std::string, std::string> reports_;
  Connection reported_ = 0;  // on which all of them were said
  std::size_t on_the_way_ = 0;
  edge::Event drained_;
  edge::Event moved_;  // the hub has entered a lane, or the runner closes
  RunnerCounters counters_;
  Ticket tickets_ = 0;
  std::map<Ticket, Waiting*> waiting_;
  TaskGroup tasks_;
};

}  // namespace edge::sync
