// Link: the connection to the cloud, as something that comes back by itself.
//
// Attempts are apart by "full jitter": a random time up to a limit that doubles with each attempt,
// so that the hubs of a broker that restarts do not come back in step.
#pragma once

#include "edge/base/random.h"
#include "sync/core/actions.h"

namespace edge::sync {

struct LinkOptions {
  HubTime backoff_base = std::chrono::seconds(1);
  HubTime backoff_cap = std::chrono::minutes(5);
  HubTime stable = std::chrono::minutes(1);  // a connection that lasts ends the back-off
  HubTime first_spread = HubTime(0);         // the first attempt comes at random within this
  HubTime connect_limit = std::chrono::seconds(20);
  HubTime subscribe_limit = std::chrono::seconds(20);
  HubTime ack_limit = std::chrono::seconds(30);  // the cloud may owe an acknowledgement
  HubTime presence = std::chrono::minutes(5);    // ± 20 %
};

class Link {
 public:
  Link(const LinkOptions& options, Random& random) : options_(options), random_(random) {}

  // Connections are counted from this one on. Before all else.
  void open(Connection last) noexcept { connection_ = last; }
  void start(const Now& now);
  // False where the event is of an older connection, or makes no sense.
  bool connected(const Now& now, const Connected& event);
  bool subscribed(const Now& now, const Subscribed& event);
  bool lost(const Now& now, const Lost& event);

  // What ends the connections is known, and is not the cloud's state: the next attempt comes soon.
  void forgive() noexcept { attempts_ = 0; }

  // True where the connection that there was is given up.
  bool advance(const Now& now, std::optional<HubTime> owed_since, Actions& actions);
  // True where presence is to be told, again.
  bool take_presence(const Now& now);
  void touch_presence() noexcept { presence_due_ = HubTime(0); }
  void find_wake(std::optional<HubTime> owed_since, Wake& wake) const;

  // Messages may be sent.
  [[nodiscard]] bool is_up() const noexcept {
    return state_ == State::kSubscribing || state_ == State::kOnline;
  }
  // It may be commanded, too.
  [[nodiscard]] bool is_online() const noexcept { return state_ == State::kOnline; }
  [[nodiscard]] Connection connection() const noexcept { return connection_; }

 private:
  enum class State : std::uint8_t { kStopped, kWaiting, kConnecting, kSubscribing, kOnline };
  void wait(const Now& now);
  // What the cloud should have done by now; "": nothing.
  [[nodiscard]] std::string find_fault(const Now& now, std::optional<HubTime> owed_since) const;
  HubTime jitter(HubTime limit);

  LinkOptions options_;
  Random& random_;
  State state_ = State::kStopped;
  Connection connection_ = 0;
  HubTime deadline_{0};  // of the state; of kOnline: none
  HubTime since_{0};     // when the connection was there
  unsigned attempts_ = 0;
  HubTime presence_due_{0};
};

}  // namespace edge::sync
