// Publishers and subscribers of a test on one loop, with what they have done.
#pragma once

#include <algorithm>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "edge/net/mqtt/publisher.h"
#include "edge/net/mqtt/subscriber.h"
#include "tests/edge/net/mqtt/mosquitto.h"
#include "tests/edge/net/mqtt/proxy.h"
#include "tests/support/timing.h"

namespace edge::mqtt::test {

using edge::test::kLimit;
using edge::test::Mosquitto;
using edge::test::Proxy;

inline ClientOptions client_options(std::uint16_t port, const std::string& client_id) {
  return {.server = {.host = "127.0.0.1", .port = port},
          .login = {.client_id = client_id, .keepalive = std::chrono::seconds(10)},
          .backoff_base = std::chrono::milliseconds(20),
          .backoff_cap = std::chrono::milliseconds(100)};
}

inline ClientOptions publisher_options(std::uint16_t port, const std::string& client_id) {
  auto options = client_options(port, client_id);
  options.login.persistence = Persistence::kClean;
  return options;
}

inline SubscriberLimits quick_limits() {
  return {.retry_base = std::chrono::milliseconds(20), .retry_cap = std::chrono::milliseconds(100)};
}

// Runs the loop until `condition` holds; false after the limit.
inline bool wait_until(UvLoop& loop, const std::function<bool()>& condition,
                       Duration limit = kLimit) {
  DeadlineScope deadline(loop, Ctx::background(), limit);
  loop.run_until([&] { return condition() || deadline.scope().cancelled(); });
  return condition();
}

// A publisher that is closed at its end.
class Source {
 public:
  Source(UvLoop& loop, ClientOptions options, PublisherLimits limits = {})
      : loop_(loop), publisher_(loop, std::move(options), limits), tasks_(loop, "source") {
    publisher_.start();
  }
  ~Source() {
    run(loop_, tasks_.close());
    run(loop_, publisher_.close());
  }

  Status publish(Outgoing message) {
    return run(loop_, publisher_.publish(Ctx::background(), std::move(message)));
  }
  // Publishes beside the test; what was answered is in answered().
  void start(Outgoing message) { tasks_.spawn(note(std::move(message))); }

  [[nodiscard]] const std::vector<std::string>& answered() const { return answered_; }
  [[nodiscard]] const std::vector<Error>& failed() const { return failed_; }
  [[nodiscard]] std::size_t ended() const { return answered_.size() + failed_.size(); }
  [[nodiscard]] Publisher& publisher() { return publisher_; }

 private:
  Task<void> note(Outgoing message) {
    std::string payload = message.payload;
    const Status done = co_await publisher_.publish(tasks_.ctx(), std::move(message));
    if (done) {
      answered_.push_back(std::move(payload));
    } else {
      failed_.push_back(done.error());
    }
  }

  UvLoop& loop_;
  Publisher publisher_;
  std::vector<std::string> answered_;
  std::vector<Error> failed_;
  TaskGroup tasks_;
};

// A subscriber that is closed at its end.
class Sink {
 public:
  using Judge = std::function<Status(const Incoming&)>;

  Sink(UvLoop& loop, ClientOptions options, SubscriberLimits limits = quick_limits())
      : loop_(loop), subscriber_(loop, std::move(options), limits) {
    subscriber_.start();
  }
  ~Sink() {
    for (auto* consumer : consumers_) remove(consumer);
    run(loop_, subscriber_.close());
  }

  // `judge` says how the handler answers.
  Result<Consumer*> add(const std::string& filter, Judge judge = {}) {
    const Judge* kept = &judges_.emplace_back(std::move(judge));
    return add_task(filter,
                    [this, kept](Ctx, Incoming message) { return take(std::move(message), kept); });
  }
  Result<Consumer*> add_task(const std::string& filter, MessageHandler handler) {
    auto added = run(loop_, subscriber_.add(Ctx::background(), filter, std::move(handler)));
    if (added) consumers_.push_back(*added);
    return added;
  }
  void remove(Consumer* consumer, OnRemoval on_removal = OnRemoval::kKeepSubscription) {
    run(loop_, subscriber_.remove(consumer, on_removal));
  }
  void forget(Consumer* consumer, OnRemoval on_removal = OnRemoval::kKeepSubscription) {
    std::erase(consumers_, consumer);
    remove(consumer, on_removal);
  }

  [[nodiscard]] const std::vector<Incoming>& received() const { return received_; }
  [[nodiscard]] std::vector<std::string> payloads() const {
    std::vector<std::string> payloads;
    for (const auto& message : received_) payloads.push_back(message.payload);
    return payloads;
  }
  [[nodiscard]] std::size_t count(const std::string& payload) const {
    return static_cast<std::size_t>(std::ranges::count(received_, payload, &Incoming::payload));
  }
  [[nodiscard]] Subscriber& subscriber() { return subscriber_; }

 private:
  Task<Status> take(Incoming message, const Judge* judge) {
    received_.push_back(message);
    co_return *judge ? (*judge)(message) : Status();
  }

  UvLoop& loop_;
  Subscriber subscriber_;
  std::vector<Incoming> received_;
  std::vector<Consumer*> consumers_;
  std::list<Judge> judges_;
};

}  // namespace edge::mqtt::test
