// Engine: the sync protocol of one hub, as a pure state machine: an event goes in, actions come
// out.
//
// It does no input or output, has no clock and no thread, and the same events (with the same random
// numbers) give the same actions. Whoever runs it carries the actions out, in their order, and
// reports what came of them; and sends Tick when next_wake() has come.
#pragma once

#include <optional>

#include "sync/core/inbox.h"
#include "sync/core/lane_switch.h"
#include "sync/core/link.h"
#include "sync/core/outbox.h"

namespace edge::sync {

struct EngineOptions {
  OutboxOptions outbox;
  InboxOptions inbox;
  LinkOptions link;
  LaneOptions lanes;
};

struct EngineStatus {
  bool online = false;
  Lane lane;
  LanePhase phase = LanePhase::kActive;
  std::uint64_t highest_gen = 0;  // of all assignments that were ever taken up
  std::uint32_t epoch = 0;
  std::array<Totals, kClasses> queued{};
  std::size_t gaps = 0;
  std::size_t leaving = 0;  // acknowledged or given up, and still in the store
  std::size_t commands = 0;
};

class Engine {
 public:
  // `random` outlives it.
  Engine(const EngineOptions& options, Random& random);

  // Opened is the first event, and comes once.
  Actions handle(const Moment& moment, Event event);
  // When Tick is due.
  [[nodiscard]] TimePoint next_wake() const;
  [[nodiscard]] EngineStatus status() const;

 private:
  void on(Opened event);
  void on(Enqueue event);
  void on(Forget event);
  void on(Committed event);
  void on(const Loaded& event);
  void on(const Scanned& event);
  void on(ReplyLoaded event);
  void on(Connected event);
  void on(Subscribed event);
  void on(Lost event);
  void on(Acked event);
  void on(Refused event);
  void on(const Returned& event);
  void on(Received event);
  void on(const Assigned& event);
  void on(Executed event);
  void on(Moved event);
  void on(const Prepared& event);
  void on(Settle event);
  void on(Tick event);

  void advance();
  void advance_link();
  void say(Message message, std::uint64_t mark);
  void take_messages();
  void subscribe();
  void commit();
  [[nodiscard]] bool wants_commit() const;
  [[nodiscard]] bool is_meta_due() const;

  HubClock clock_;
  Outbox outbox_;
  Inbox inbox_;
  Link link_;
  LaneSwitch lanes_;
  Actions actions_;
  Moment moment_;
  Now now_;
  std::vector<std::string> subscribed_;  // asked for on this connection
  bool opened_ = false;
  bool committing_ = false;
  bool committing_meta_ = false;
  HubTime retry_at_{0};
  HubTime meta_due_{0};
  HubTime prune_due_{0};
};

}  // namespace edge::sync
