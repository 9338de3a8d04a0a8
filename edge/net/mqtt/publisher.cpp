#include "edge/net/mqtt/publisher.h"

#include <algorithm>
#include <utility>

#include "edge/net/mqtt/topic.h"

namespace edge::mqtt {
namespace {

// A message that the server answers by hanging up must not hold the others up for good.
constexpr int kMaxSends = 10;
// Source: MQTT 3.1.1 §2.2.3, less what a header and the longest topic take.
constexpr std::size_t kLongestPayload = 268'435'455 - 65'600;

Status check(const Outgoing& message) {
  if (auto topic = check_topic(message.topic); !topic) return topic;
  if (message.payload.size() <= kLongestPayload) return {};
  return Error{Code::kInvalidArgument, "the message has " + std::to_string(message.payload.size()) +
                                           " bytes; MQTT takes at most " +
                                           std::to_string(kLongestPayload)};
}

}  // namespace

Publisher::Publisher(UvLoop& loop, ClientOptions options, PublisherLimits limits)
    : loop_(loop),
      limits_(limits),
      client_(loop, std::move(options), *this),
      window_(loop, limits.window) {}

Publisher::~Publisher() = default;

Task<Status> Publisher::publish(Ctx ctx, Outgoing message) {
  if (auto checked = check(message); !checked) co_return checked;
  if (waiting_ >= limits_.max_waiting) {
    co_return Error{Code::kResourceExhausted,
                    std::to_string(waiting_) + " messages wait already for the MQTT server " +
                        client_.options().server.text() + "; try again later"};
  }
  ++waiting_;
  DeadlineScope limit(loop_, ctx, limits_.time);
  const Status published = co_await send_and_wait(ctx, limit.ctx(), std::move(message));
  --waiting_;
  co_return published;
}

Task<Status> Publisher::send_and_wait(Ctx ctx, Ctx limited, Outgoing message) {
  const Status turn = co_await window_.acquire(limited);
  if (!turn) co_return timed_out(ctx, 0);
  auto entry = std::make_shared<Entry>(loop_, std::move(message));
  entries_.push_back(entry);
  if (client_.is_connected()) send(*entry);
  ParkAwaiter answered{*entry, limited, entry->result.has_value()};
  co_await answered;
  if (entry->result) co_return *entry->result;
  give_up(entry);
  co_return timed_out(ctx, entry->sends);
}

// What the library refuses is the message's own fault and ends it; otherwise the connection ends.
void Publisher::send(Entry& entry) {
  ++entry.sends;
  auto sent = client_.publish(entry.message);
  if (sent) {
    entry.mid = *sent;
    return;
  }
  if (sent.error().code != Code::kInvalidArgument) return;
  const auto place = std::ranges::find_if(
      entries_, [&](const auto& candidate) { return candidate.get() == &entry; });
  finish(place, sent.error());
}

Publisher::Entries::iterator Publisher::finish(Entries::iterator entry, Status result) {
  const auto finished = std::move(*entry);
  const auto next = entries_.erase(entry);
  finished->result.emplace(std::move(result));
  finished->wake();
  window_.release();
  return next;
}

// What is on its way keeps its place in the window until the server or the connection lets go.
void Publisher::give_up(const std::shared_ptr<Entry>& entry) {
  if (entry->mid != 0 && client_.is_connected()) {
    entry->abandoned = true;
    entry->message = {.qos = entry->message.qos};
    return;
  }
  finish(std::ranges::find(entries_, entry), Error{Code::kCancelled, "given up"});
}

Error Publisher::timed_out(const Ctx& ctx, int sends) const {
  if (ctx.cancelled() && ctx.error().code == Code::kCancelled) return ctx.error();
  const std::string server = "the MQTT server " + client_.options().server.text();
  const std::string& why = client_.last_error();
  const std::string reason = why.empty() ? "" : ": " + why;
  if (sends > 0) {
    return {Code::kUnavailable, "not acknowledged in time by " + server +
                                    "; the message may have been delivered" + reason};
  }
  if (client_.is_connected()) {
    return {Code::kUnavailable, server + " is too slow: the message was not sent in time"};
  }
  return {Code::kUnavailable, server + " is away; the message was not sent" + reason};
}

void Publisher::connected(const Connected&) {
  // send() may end an entry.
  const std::vector<std::shared_ptr<Entry>> waiting(entries_.begin(), entries_.end());
  for (const auto& entry : waiting) {
    if (client_.is_connected()) send(*entry);
  }
}

void Publisher::disconnected() {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    (*entry)->mid = 0;
    if ((*entry)->abandoned) {
      entry = finish(entry, Error{Code::kCancelled, "given up"});
    } else if ((*entry)->sends >= kMaxSends) {
      entry = finish(entry,
                     Error{Code::kUnavailable,
                           "the connection to the MQTT server ended " + std::to_string(kMaxSends) +
                               " times before it acknowledged the message, which may have "
                               "been delivered: " +
                               client_.last_error()});
    } else {
      ++entry;
    }
  }
}

void Publisher::acknowledged(int mid) {
  const auto entry = std::ranges::find_if(
      entries_, [mid](const auto& candidate) { return candidate->mid == mid; });
  if (entry != entries_.end() && (*entry)->message.qos > 0) finish(entry, {});
}

void Publisher::written() {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const bool left = (*entry)->mid != 0 && (*entry)->message.qos == 0;
    entry = left ? finish(entry, {}) : std::next(entry);
  }
}

}  // namespace edge::mqtt
