// Subscriber: one client of a server that hands messages to handlers, each at least once.
//
// A message of QoS 1 is acknowledged when its own handlers have succeeded: the acknowledgement of
// one is held back by itself, so a slow or failing handler delays neither other messages, nor
// pings, nor publishers. A handler that fails gets its message again after a while, from here; the
// server still has it, and sends it again when this connection or this process ends before.
// So acknowledgements may leave in another order than the messages came: servers pair them by id,
// and in order (MQTT 3.1.1 §4.6) one message that always fails would stop all others.
//
// One handler gets one message at a time, in order, apart from those it has failed. While the
// server is away the messages wait: a session that it kept sends them again; where it lost the
// session, what is held here is all there is, and is delivered. What is held
// here is bounded: over the limit nothing more is read from the connection.
// Loop thread; closed before it goes away.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "edge/net/mqtt/client.h"

namespace edge::mqtt {

using MessageHandler = std::function<Task<Status>(Ctx ctx, Incoming message)>;

struct SubscriberLimits {
  int qos = 1;  // at most 1
  std::size_t max_messages = 512;
  std::size_t max_bytes = std::size_t{16} * 1024 * 1024;
  Duration retry_base = std::chrono::seconds(1);
  Duration retry_cap = std::chrono::seconds(30);
  // For how long a message waits for a handler that may come yet, as after a start.
  Duration grace = std::chrono::seconds(30);
  Duration grant_limit = std::chrono::seconds(5);
};

// Whether the server goes on keeping messages for a filter that nobody handles any more.
enum class OnRemoval : std::uint8_t { kKeepSubscription, kUnsubscribe };

class Consumer;
struct Ticket;

class Subscriber final : private ClientOwner {
 public:
  Subscriber(UvLoop& loop, ClientOptions options, SubscriberLimits limits = {});
  ~Subscriber() override;

  void start() { client_.start(); }
  // Legal when every consumer has been removed.
  Task<void> close();

  // Filters of one subscriber must not overlap: exact topics, or one filter of another kind.
  // Answers when the server has granted it, or is away. Errors: kInvalidArgument (also where the
  // server refuses it).
  Task<Result<Consumer*>> add(Ctx ctx, std::string filter, MessageHandler handler);
  // Waits for the handler under way.
  Task<void> remove(Consumer* consumer, OnRemoval on_removal);

  [[nodiscard]] bool is_empty() const noexcept { return consumers_.empty(); }
  [[nodiscard]] bool is_connected() const noexcept { return client_.is_connected(); }

 private:
  friend class Consumer;
  friend struct Ticket;
  enum class State : std::uint8_t { kWanted, kAsked, kGranted, kRefused };
  struct Subscription {
    explicit Subscription(Loop& loop) : settled(loop) {}
    State state = State::kWanted;
    int mid = 0;
    std::size_t consumers = 0;
    Event settled;
  };
  struct Parked {
    std::shared_ptr<Ticket> ticket;
    TimePoint until;
  };

  void ask(const std::string& filter, Subscription& subscription);
  void forget(const std::string& filter, OnRemoval on_removal);
  void deliver(const std::shared_ptr<Ticket>& ticket);
  void park(std::shared_ptr<Ticket> ticket);
  void deliver_parked(Consumer& consumer);
  Task<void> sweep(Ctx ctx);
  void drop_expired();
  // A handler has succeeded.
  void done(Ticket& ticket);
  // A handler is gone that had not succeeded.
  void give_back(const std::shared_ptr<Ticket>& ticket);
  void settle(Ticket& ticket);
  // The server has sent it again, or is about to.
  [[nodiscard]] bool comes_again(const Ticket& ticket) const noexcept;
  [[nodiscard]] bool is_full() const noexcept;
  void hold(std::size_t bytes) noexcept;
  void release(std::size_t bytes) noexcept;

  void connected(const Connected& session) override;
  void disconnected() override;
  void received(Incoming message) override;
  void acknowledged(int) override {}
  void granted(const Granted& grant) override;
  void written() override {}

  UvLoop& loop_;
  SubscriberLimits limits_;
  Client client_;
  // Counts connections and the times between them: the id of a message is of one connection.
  std::uint64_t connection_ = 0;
  std::uint64_t forgotten_ = 0;  // up to here the server has forgotten what it had sent
  std::map<std::string, Subscription, std::less<>> subscriptions_;
  std::vector<std::unique_ptr<Consumer>> consumers_;
  std::size_t held_messages_ = 0;
  std::size_t held_bytes_ = 0;
  bool paused_ = false;
  bool sweeping_ = false;
  std::deque<Parked> parked_;
  TaskGroup tasks_;
};

}  // namespace edge::mqtt
