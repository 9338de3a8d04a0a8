#include "edge/blocks/configuration/app_feed.h"

#include <utility>

#include "edge/base/log.h"
#include "edge/base/strings.h"
#include "edge/blocks/configuration/items_json.h"

namespace edge::blocks {
namespace {

constexpr int kTries = 3;
constexpr Duration kPause = std::chrono::seconds(1);
constexpr Duration kTimeForAnswer = std::chrono::seconds(30);
constexpr std::uint64_t kLongestAnswer = 64 * 1024;

std::string event_body(const std::string& id, const configuration::Items& items) {
  std::string body = "{\"id\":";
  append_json_text(body, id);
  body.append(",\"items\":").append(items_json(items)).append("}");
  return body;
}

HeaderList json_headers() {
  HeaderList headers;
  headers.add("Content-Type", "application/json");
  return headers;
}

}  // namespace

AppFeed::AppFeed(Loop& loop, App& app, Reader reader, Gone gone)
    : loop_(loop),
      app_(app),
      reader_(std::move(reader)),
      gone_(std::move(gone)),
      wake_(loop),
      group_(loop, "configuration of " + app.id()) {
  group_.spawn(run(group_.ctx()));
}

void AppFeed::push(std::shared_ptr<Subscription> subscription) {
  ready_.push_back(std::move(subscription));
  wake_.set();
}

Task<void> AppFeed::run(Ctx ctx) {
  while (!ctx.cancelled()) {
    if (ready_.empty()) {
      wake_.reset();
      auto woken = co_await wake_.wait(ctx);
      if (!woken) co_return;
      continue;
    }
    auto next = std::move(ready_.front());
    ready_.pop_front();
    co_await tell(ctx, std::move(next));
  }
}

Task<void> AppFeed::tell(Ctx ctx, std::shared_ptr<Subscription> subscription) {
  if (subscription->ended()) co_return;
  std::set<std::string> keys = subscription->take();
  auto items = co_await reader_(ctx, subscription, keys);
  if (!items) {
    log::warn(
        "edge.configuration", "reading what has changed failed",
        {{"app", app_.id()}, {"store", subscription->store()}, {"error", items.error().message}});
    co_return;
  }
  const std::string body = event_body(subscription->id(), *items);
  while (!keys.empty()) {
    const std::string key = std::move(keys.extract(keys.begin()).value());
    const bool taken = co_await tell_key(ctx, subscription.get(), &key, &body);
    if (ctx.cancelled() || subscription->ended()) co_return;
    if (taken) continue;
    // It took long: those that are left may have other values by now.
    subscription->put_back(std::move(keys));
    co_return;
  }
}

Task<bool> AppFeed::tell_key(Ctx ctx, const Subscription* subscription, const std::string* key,
                             const std::string* body) {
  const std::string path = "/configuration/" + percent_encode_path(subscription->store()) + "/" +
                           percent_encode_path(*key);
  for (int attempt = 1;; ++attempt) {
    if (subscription->ended()) co_return true;
    auto told = co_await call(ctx, &path, body);
    if (told) co_return true;
    if (ctx.cancelled()) co_return false;
    if (attempt == kTries) {
      give_up(*subscription, *key, told.error());
      co_return false;
    }
    auto paused = co_await sleep_for(loop_, ctx, kPause);
    if (!paused) co_return false;
  }
}

void AppFeed::give_up(const Subscription& subscription, const std::string& key,
                      const Error& error) {
  const bool is_gone = error.code == Code::kUnavailable;
  log::warn("edge.configuration",
            is_gone ? "app is gone: its subscriptions to configuration end"
                    : "app did not take an update of its configuration",
            {{"app", app_.id()},
             {"store", subscription.store()},
             {"key", key},
             {"error", error.message}});
  if (is_gone) gone_();
}

// Errors: kUnavailable: nothing listens there.
Task<Status> AppFeed::call(Ctx ctx, const std::string* path, const std::string* body) {
  DeadlineScope limit(loop_, ctx, kTimeForAnswer);
  const HeaderList headers = json_headers();
  TextSource source(*body);
  Call call;
  call.verb = "POST";
  call.path = *path;
  call.headers = &headers;
  call.body = &source;
  call.target = app_.id();
  auto reply = co_await app_.tell(limit.ctx(), &call);
  if (!reply) co_return std::move(reply).error();
  const int status = (*reply)->status();
  auto drained = co_await read_all(limit.ctx(), &(*reply)->body(), kLongestAnswer);
  co_await (*reply)->close();
  if (status == 200) co_return Status();
  co_return Error{Code::kUnknown,
                  "it answered " + std::to_string(status) + " to POST " + *path + ", not 200"};
}

}  // namespace edge::blocks
