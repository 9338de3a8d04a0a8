// A message bus on a loop of the test's choice, and apps that receive from it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "components/all.h"
#include "edge/loop/sync.h"

namespace edge::pubsub {

// An app's end of a subscription: keeps what is delivered and answers as it is told.
class Inbox {
 public:
  explicit Inbox(Loop& loop) : loop_(loop), changed_(loop), open_(loop) { open_.set(); }

  [[nodiscard]] Handler handler();
  // How each delivery is answered; success where nothing is set.
  std::function<Status(const Delivery&)> judge;
  // Until release() deliveries stay in the handler.
  void hold() { open_.reset(); }
  void release() { open_.set(); }

  // Waits until as many deliveries have begun; false after a long time.
  bool wait_for(std::size_t count);
  bool wait_until(std::function<bool()> condition);
  [[nodiscard]] const std::vector<Delivery>& got() const { return got_; }
  // The data of what was delivered, in order; and of what was answered with success.
  [[nodiscard]] std::vector<std::string> data() const;
  [[nodiscard]] const std::vector<std::string>& processed() const { return processed_; }
  [[nodiscard]] std::size_t most_at_once() const { return most_at_once_; }

 private:
  static Task<Status> take(Inbox* inbox, Ctx ctx, Delivery delivery);
  static Task<bool> wait(Inbox* inbox, std::function<bool()> condition);

  Loop& loop_;
  Event changed_;
  Event open_;
  std::vector<Delivery> got_;
  std::vector<std::string> processed_;
  std::size_t at_once_ = 0;
  std::size_t most_at_once_ = 0;
};

// A subscription that is closed at the end of its life.
class Subscribed {
 public:
  Subscribed(Loop& loop, Result<std::unique_ptr<Subscription>> subscription)
      : loop_(loop), subscription_(std::move(subscription)) {}
  ~Subscribed() { end(); }
  Subscribed(const Subscribed&) = delete;
  Subscribed& operator=(const Subscribed&) = delete;

  [[nodiscard]] const Result<std::unique_ptr<Subscription>>& result() const {
    return subscription_;
  }
  void end();

 private:
  Loop& loop_;
  Result<std::unique_ptr<Subscription>> subscription_;
};

// Opens at once; closes at the end of its life, after its subscriptions.
class RunningBus {
 public:
  RunningBus(Loop& loop, store::OpenFiles& files, const std::string& type,
             components::Metadata metadata);
  ~RunningBus();
  RunningBus(const RunningBus&) = delete;
  RunningBus& operator=(const RunningBus&) = delete;

  [[nodiscard]] const Status& opened() const { return opened_; }
  [[nodiscard]] Bus& bus() { return *bus_; }
  [[nodiscard]] Loop& loop() { return loop_; }

  Result<Durability> publish(const std::string& topic, const std::string& data,
                             Metadata metadata = {});
  // `prefix`1 to `prefix``count`, one after the other.
  void publish_many(const std::string& topic, const std::string& prefix, int count,
                    const Metadata& metadata = {});
  std::vector<Result<Durability>> publish_all(std::vector<Publication> publications);
  Subscribed subscribe(const std::string& app, const std::string& topic, Inbox& inbox);
  Subscribed subscribe(SubscribeRequest request, Inbox& inbox);

 private:
  Loop& loop_;
  std::unique_ptr<Bus> bus_;
  Status opened_;
};

// "a1" to "a3", say.
std::vector<std::string> numbered(const std::string& prefix, int first, int last);

}  // namespace edge::pubsub
