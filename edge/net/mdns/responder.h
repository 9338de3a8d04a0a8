// Responder: says which services are here, unasked at first and then when asked.
//
// Source: RFC 6762 §6, §8.3, §10.1. It does not probe: names that it is given are nobody else's.
#pragma once

#include <optional>
#include <vector>

#include "edge/loop/loop.h"
#include "edge/net/mdns/link.h"

namespace edge::mdns {

class Responder final : private Timer {
 public:
  // Loop and link outlive it.
  Responder(Loop& loop, Link& link, std::vector<Service> services);

  // Says twice, a second apart, what is here: at first, and when the network is another.
  void announce();
  // Answers within 120 ms, but the same no more than once a second.
  void heard(const Message& query);
  // Says once that all is gone, and nothing more after that.
  void say_goodbye();

  [[nodiscard]] bool offers(const Name& instance) const noexcept;

 private:
  struct Offer {
    Service service;
    std::optional<TimePoint> due;
    int announcements = 0;  // that are still to come
    bool asked = false;
    TimePoint answered{};
  };
  void expired() noexcept override;
  void answer(Offer& offer);
  void send(Offer& offer);
  void rearm();

  Loop& loop_;
  Link& link_;
  std::vector<Offer> offers_;
};

}  // namespace edge::mdns
