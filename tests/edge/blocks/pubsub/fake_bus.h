// A bus that keeps what was published and delivers what a test says, and an app that answers as a
// test says.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "components/pubsub/pubsub.h"
#include "edge/blocks/pubsub/subscriber_channel.h"
#include "edge/loop/sync.h"

namespace edge::blocks {

class FakeBus final : public pubsub::Bus {
 public:
  struct Open {
    pubsub::SubscribeRequest request;
    pubsub::Handler handler;
    bool closed = false;
  };

  [[nodiscard]] std::vector<pubsub::Feature> features() const override { return offered; }
  Task<Status> init(Ctx) override { co_return Status(); }
  Task<void> close() override {
    closed = true;
    co_return;
  }
  Task<Result<pubsub::Durability>> publish(Ctx, pubsub::Publication publication) override {
    if (!publish_errors.empty()) {
      const Error error = publish_errors.front();
      publish_errors.pop_front();
      co_return error;
    }
    published.push_back(std::move(publication));
    co_return durability;
  }
  Task<Result<std::unique_ptr<pubsub::Subscription>>> subscribe(Ctx,
                                                                pubsub::SubscribeRequest request,
                                                                pubsub::Handler handler) override {
    if (!subscribe_errors.empty()) {
      const Error error = subscribe_errors.front();
      subscribe_errors.pop_front();
      co_return error;
    }
    opened.push_back(std::make_shared<Open>(Open{std::move(request), std::move(handler)}));
    std::unique_ptr<pubsub::Subscription> made = std::make_unique<Closer>(opened.back());
    co_return made;
  }

  // Topics that are subscribed to now.
  [[nodiscard]] std::vector<std::string> topics() const {
    std::vector<std::string> all;
    for (const auto& one : opened) {
      if (!one->closed) all.push_back(one->request.topic);
    }
    return all;
  }

  std::vector<pubsub::Feature> offered;
  std::deque<Error> publish_errors;
  std::deque<Error> subscribe_errors;
  std::vector<pubsub::Publication> published;
  std::vector<std::shared_ptr<Open>> opened;
  pubsub::Durability durability = pubsub::Durability::kMemory;
  bool closed = false;

 private:
  class Closer final : public pubsub::Subscription {
   public:
    explicit Closer(std::shared_ptr<Open> open) : open_(std::move(open)) {}
    Task<void> close() override {
      open_->closed = true;
      co_return;
    }

   private:
    std::shared_ptr<Open> open_;
  };
};

class FakeSubscriberChannel final : public SubscriberChannel {
 public:
  explicit FakeSubscriberChannel(Loop& loop) : loop_(loop) {}

  Task<Result<std::vector<TopicSubscription>>> list(Ctx) override {
    ++lists;
    if (!list_errors.empty()) {
      const Error error = list_errors.front();
      list_errors.pop_front();
      co_return error;
    }
    co_return own;
  }
  Task<Outcome> deliver(Ctx ctx, const EventCall* call) override {
    paths.emplace_back(call->path);
    bodies.emplace_back(call->body);
    if (hangs) {
      Event never(loop_);
      auto waited = co_await never.wait(ctx);
      co_return Outcome{Verdict::kRetry, waited ? "" : "cancelled", 0};
    }
    co_return next();
  }
  Task<std::vector<Outcome>> deliver_all(Ctx, const BulkEventCall* call) override {
    paths.emplace_back(call->path);
    batches.push_back(call->entries.size());
    std::vector<Outcome> all;
    for (const BulkEventEntry& entry : call->entries) {
      bodies.emplace_back(entry.body);
      all.push_back(next());
    }
    co_return all;
  }

  std::vector<TopicSubscription> own;
  std::deque<Error> list_errors;
  std::deque<Outcome> outcomes;  // one a message, then kDone
  std::vector<std::string> paths;
  std::vector<std::string> bodies;
  std::vector<std::size_t> batches;
  int lists = 0;
  bool hangs = false;

 private:
  Outcome next() {
    if (outcomes.empty()) return {};
    Outcome outcome = outcomes.front();
    outcomes.pop_front();
    return outcome;
  }

  Loop& loop_;
};

}  // namespace edge::blocks
