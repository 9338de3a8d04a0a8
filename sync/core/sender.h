// Sender: which message goes next, while the cloud is there.
//
// Alarms first, then gap records, then four events for each telemetry message. The backlog has its
// pace and may not take the whole window, so that what is live gets through; and the other way
// round. Nothing that was sent is done before the cloud has acknowledged it.
#pragma once

#include <array>

#include "sync/core/class_queue.h"
#include "sync/core/gaps.h"
#include "sync/core/pace.h"
#include "sync/core/suspects.h"

namespace edge::sync {

struct DrainRate {
  unsigned per_second = 500;  // of the backlog's events and telemetry; 0: no limit
  unsigned burst = 64;
};

class Sender {
 public:
  using Queues = std::array<ClassQueue, kClasses>;
  Sender(Queues& queues, Gaps& gaps, const DrainRate& rate)
      : queues_(queues), gaps_(gaps), pace_(rate.per_second, rate.burst) {}

  void go_online(const Now& now, Connection connection, std::size_t window) noexcept;
  void go_offline();
  [[nodiscard]] bool is_online() const noexcept { return connection_ != 0; }
  [[nodiscard]] Connection connection() const noexcept { return connection_; }

  // Sends what may go.
  void send(const Now& now, Actions& actions);
  // The acknowledgement of something on its way: a row that may leave, or nullptr.
  ClassQueue::Item* row_done(const Now& now, const Token& token);
  bool gap_done(const Now& now, const Token& token);
  // The same of what has to be sent again: a row that waits from now on; nullptr for a gap record.
  ClassQueue::Item* row_returned(const Now& now, const Token& token);
  void gap_returned(const Now& now, const Token& token, Way way);
  // The cloud takes nothing now; and it does again.
  void pause(const Now& now) noexcept;
  void end_pause() noexcept { pause_ = HubTime(0); }
  // A message is looked for that the cloud ends connections for.
  [[nodiscard]] bool is_searching() const noexcept { return suspects_.one_at_a_time(); }
  // The cloud has taken the hub's subscriptions, so what it does next is not about them.
  void note_subscribed(const Now& now) noexcept;
  // The connection has held for the time of its trial.
  [[nodiscard]] bool has_held() const noexcept { return is_tried() && subscribed_ && !held_until_; }
  // The connection has ended too early to tell for what.
  void doubt() { suspects_.doubt(); }
  // The cloud has ended the connection. The row for which it does that each time, or nullptr; it
  // may leave.
  ClassQueue::Item* cut(const Now& now);
  // A row has left in another way.
  void forget(const Row& row);

  // Since when the cloud owes an acknowledgement; nothing while it owes none.
  [[nodiscard]] std::optional<HubTime> owed_since() const noexcept;
  // When something may go that could not before.
  void find_wake(Wake& wake) const noexcept;

 private:
  struct Pick {
    ClassQueue* queue = nullptr;
    ClassQueue::Item* item = nullptr;
  };
  Pick pick(const Now& now);
  Pick pick_from(ClassQueue& queue, const Now& now);
  [[nodiscard]] bool has_share(Origin origin) const noexcept;
  [[nodiscard]] bool others_wait(Origin origin) const noexcept;
  void send_gap(const Now& now, const Gap& gap, Actions& actions);
  void send_row(const Now& now, const Pick& pick, Actions& actions);
  [[nodiscard]] std::size_t window() const noexcept;
  [[nodiscard]] bool is_paused(const Now& now) const noexcept { return now.hub < paused_until_; }
  // The connection is tried with nothing on its way first.
  [[nodiscard]] bool is_tried() const noexcept { return tries_ && is_searching(); }
  void note_sent(const Now& now, const Token& token);
  [[nodiscard]] std::size_t on_the_way() const noexcept {
    return on_the_way_[0] + on_the_way_[1] + gaps_on_the_way_;
  }

  Queues& queues_;
  Gaps& gaps_;
  Pace pace_;
  Suspects suspects_;
  Connection connection_ = 0;  // 0: offline
  std::size_t window_ = 0;
  std::array<std::size_t, 2> on_the_way_{};  // rows, by origin
  std::size_t gaps_on_the_way_ = 0;
  unsigned turn_ = 0;
  bool subscribed_ = false;
  bool tries_ = false;                 // every second connection of a search
  std::optional<HubTime> held_until_;  // while it is tried
  bool paced_ = false;                 // something waits for its pace
  HubTime progress_{0};
  HubTime pause_{0};  // the last one, of those that follow each other
  HubTime paused_until_{0};
};

}  // namespace edge::sync
