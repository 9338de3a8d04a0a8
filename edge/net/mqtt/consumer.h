// Consumer: a handler and the messages that wait for it. A part of Subscriber.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "edge/net/mqtt/subscriber.h"

namespace edge::mqtt {

// A message that is held until its handlers have succeeded.
struct Ticket {
  Ticket(Subscriber& subscriber, Incoming content, std::uint64_t connection_number);
  ~Ticket();
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

  // Of an earlier connection, and the server may have it still: then it sends it again.
  [[nodiscard]] bool is_repeated() const noexcept;

  Subscriber& owner;
  Incoming message;
  std::uint64_t connection;
  std::size_t open = 0;  // handlers that have not succeeded yet
  bool handled = false;  // one has
};

class Consumer final : private Timer {
 public:
  Consumer(Subscriber& owner, std::string filter, MessageHandler handler);
  ~Consumer() = default;

  void start() { tasks_.spawn(work(tasks_.ctx())); }
  // Waits for the handler under way, first with patience; gives the rest back.
  Task<void> close();
  void push(std::shared_ptr<Ticket> ticket);
  [[nodiscard]] bool takes(const std::string& topic) const noexcept;
  [[nodiscard]] const std::string& filter() const noexcept { return filter_; }
  // A new connection is open, and messages are delivered again.
  void go_on() noexcept { ready_.set(); }
  // Lets go of what the server sends again.
  void drop_repeated();

 private:
  struct Item {
    std::shared_ptr<Ticket> ticket;
    int failures = 0;
    TimePoint due{};  // of one that failed
  };
  Task<void> work(Ctx ctx);
  Task<void> handle(Ctx ctx, Item item);
  Task<Status> call(Ctx ctx, Incoming message);
  void retry_later(Item item);
  void expired() noexcept override;

  Subscriber& owner_;
  std::string filter_;
  MessageHandler handler_;
  std::deque<Item> queue_;
  std::deque<Item> failed_;  // wait for another attempt
  bool closing_ = false;
  Event ready_;
  Event ended_;
  TaskGroup tasks_;
};

}  // namespace edge::mqtt
