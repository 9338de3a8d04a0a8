#include "edge/api/grpc/event_stream.h"

#include <algorithm>

#include "edge/api/grpc/event_message.h"

namespace edge::api {
namespace {

using blocks::Outcome;
using blocks::Verdict;

Outcome again(std::string why) {
  return {Verdict::kRetry, std::move(why), 0};
}

}  // namespace

Task<Status> EventStream::begin(Ctx ctx, std::string message) {
  auto sent = co_await rpc_.call.write(ctx, message);
  begun_.set();
  co_return sent;
}

Task<Status> EventStream::send(Ctx ctx, std::string message) {
  auto begun = co_await begun_.wait(ctx);
  if (!begun) co_return begun;
  auto mine = co_await writing_.acquire(ctx);
  if (!mine) co_return mine;
  const Permit permit(writing_);
  co_return co_await rpc_.call.write(ctx, message);
}

void EventStream::processed(std::string_view id, Verdict verdict) {
  const auto found = std::ranges::find_if(
      waiting_, [id](const Waiting* one) { return one->id == id && !one->done.is_set(); });
  if (found == waiting_.end()) return;
  (*found)->outcome = {verdict, verdict == Verdict::kDone ? "" : "the app says so", 0};
  (*found)->done.set();
}

void EventStream::end() {
  ended_ = true;
  begun_.set();
  // Each that goes on takes itself off the list.
  const std::list<Waiting*> all = waiting_;
  for (Waiting* one : all) one->done.set();
}

Task<Outcome> EventStream::deliver(Ctx ctx, const blocks::EventCall* call) {
  if (ended_) co_return again("the stream has ended");
  auto event = event_message(*call);
  if (!event) co_return again(event.error().message);
  Waiting mine{event->id, Event(rpc_.services.loop), again("the stream has ended")};
  const auto place = waiting_.insert(waiting_.end(), &mine);
  std::string message = answer_of(rpc::ToSubscriber{{}, std::move(*event)});
  Status waited = co_await send(ctx, std::move(message));
  if (waited && !ended_) waited = co_await mine.done.wait(ctx);
  waiting_.erase(place);
  if (!waited) co_return again(waited.error().message);
  co_return std::move(mine.outcome);
}

Task<std::vector<Outcome>> EventStream::deliver_all(Ctx, const blocks::BulkEventCall* call) {
  co_return std::vector<Outcome>(call->entries.size(), again("a stream takes one event at a time"));
}

Task<Result<std::vector<blocks::TopicSubscription>>> EventStream::list(Ctx) {
  co_return std::vector<blocks::TopicSubscription>();
}

}  // namespace edge::api
