#include "tests/components/pubsub/fixture.h"

#include <algorithm>
#include <utility>

#include <gtest/gtest.h>

#include "tests/support/timing.h"

namespace edge::pubsub {
namespace {

std::unique_ptr<Bus> make(Loop& loop, store::OpenFiles& files, const std::string& type,
                          components::Metadata metadata) {
  const auto* found = components::find_type(components::pubsub_types(), type);
  return found->make({.name = "bus",
                      .metadata = std::move(metadata),
                      .loop = loop,
                      .files = files,
                      .data_dir = ""});
}

}  // namespace

Handler Inbox::handler() {
  return [this](Ctx ctx, Delivery delivery) { return take(this, ctx, std::move(delivery)); };
}

Task<Status> Inbox::take(Inbox* inbox, Ctx ctx, Delivery delivery) {
  inbox->got_.push_back(delivery);
  inbox->most_at_once_ = std::max(inbox->most_at_once_, ++inbox->at_once_);
  inbox->changed_.set();
  Status done = co_await inbox->open_.wait(ctx);
  if (done && inbox->judge) done = inbox->judge(delivery);
  if (done) inbox->processed_.push_back(delivery.data);
  --inbox->at_once_;
  inbox->changed_.set();
  co_return done;
}

Task<bool> Inbox::wait(Inbox* inbox, std::function<bool()> condition) {
  DeadlineScope scope(inbox->loop_, Ctx::background(), test::kLimit);
  while (!condition()) {
    inbox->changed_.reset();
    const auto changed = co_await inbox->changed_.wait(scope.ctx());
    if (!changed) co_return false;
  }
  co_return true;
}

bool Inbox::wait_until(std::function<bool()> condition) {
  return run(loop_, wait(this, std::move(condition)));
}

bool Inbox::wait_for(std::size_t count) {
  return wait_until([this, count] { return got_.size() >= count; });
}

std::vector<std::string> Inbox::data() const {
  std::vector<std::string> all;
  for (const auto& delivery : got_) all.push_back(delivery.data);
  return all;
}

void Subscribed::end() {
  if (!subscription_ || *subscription_ == nullptr) return;
  run(loop_, (*subscription_)->close());
  subscription_->reset();
}

RunningBus::RunningBus(Loop& loop, store::OpenFiles& files, const std::string& type,
                       components::Metadata metadata)
    : loop_(loop),
      bus_(make(loop, files, type, std::move(metadata))),
      opened_(run(loop, bus_->init(Ctx::background()))) {}

RunningBus::~RunningBus() {
  if (opened_) run(loop_, bus_->close());
}

Result<Durability> RunningBus::publish(const std::string& topic, const std::string& data,
                                       Metadata metadata) {
  Publication publication{.app_id = "publisher",
                          .topic = topic,
                          .data = data,
                          .content_type = "text/plain",
                          .metadata = std::move(metadata)};
  return run(loop_, bus_->publish(Ctx::background(), std::move(publication)));
}

void RunningBus::publish_many(const std::string& topic, const std::string& prefix, int count,
                              const Metadata& metadata) {
  for (const auto& data : numbered(prefix, 1, count)) {
    const auto answer = publish(topic, data, metadata);
    ASSERT_TRUE(answer) << answer.error().message;
  }
}

std::vector<Result<Durability>> RunningBus::publish_all(std::vector<Publication> publications) {
  auto* bulk = dynamic_cast<BulkBus*>(bus_.get());
  if (bulk == nullptr) return {};
  return run(loop_, bulk->publish_all(Ctx::background(), std::move(publications)));
}

Subscribed RunningBus::subscribe(const std::string& app, const std::string& topic, Inbox& inbox) {
  return subscribe({.app_id = app, .topic = topic, .metadata = {}}, inbox);
}

Subscribed RunningBus::subscribe(SubscribeRequest request, Inbox& inbox) {
  return {loop_,
          run(loop_, bus_->subscribe(Ctx::background(), std::move(request), inbox.handler()))};
}

std::vector<std::string> numbered(const std::string& prefix, int first, int last) {
  std::vector<std::string> names;
  for (int number = first; number <= last; ++number)
    names.push_back(prefix + std::to_string(number));
  return names;
}

}  // namespace edge::pubsub
