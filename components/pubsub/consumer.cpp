#include "components/pubsub/consumer.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "components/pubsub/common.h"
#include "edge/base/json.h"
#include "edge/base/log.h"

namespace edge::pubsub {
namespace {

constexpr std::string_view kLogScope = "edge.pubsub.sqlite";
constexpr std::size_t kWindow = 16;     // deliveries under way in a subscription
constexpr std::size_t kMaxOpen = 1024;  // messages that wait for an older one of their key
constexpr std::size_t kLookAhead = 64;  // messages that are read at once
constexpr int kDeliveriesInATurn = 64;
constexpr Duration kReadAgain = std::chrono::seconds(1);

// The texts of a JSON object.
Metadata texts_of(const std::string& object) {
  Metadata texts;
  const auto values = parse_json(object);
  if (!values || !values->is_object()) return texts;
  for (const auto& [name, value] : values->items()) {
    if (value.is_string()) texts.emplace(name, value.get<std::string>());
  }
  return texts;
}

Metadata metadata_of(const queue::MessageRow& message) {
  Metadata metadata;
  if (message.metadata) metadata = texts_of(*message.metadata);
  if (message.key) metadata.emplace("partitionKey", *message.key);
  return metadata;
}

// A message's first failure is seen in the log, and its last; those between only at debug.
log::Level level_of(std::int64_t failures, std::int64_t most) {
  if (failures == most) return log::Level::kError;
  return failures == 0 ? log::Level::kWarning : log::Level::kDebug;
}

}  // namespace

// One subscription.
class Consumer::Tap final : public Subscription {
 public:
  Tap(Consumer& consumer, Handler handler, std::size_t together)
      : handler(std::move(handler)),
        together(together),
        group(consumer.source_.loop, "pubsub.sqlite " + consumer.source_.component),
        loop_(consumer.source_.loop),
        consumer_(&consumer) {
    consumer_->taps_.push_back(this);
  }
  ~Tap() override { leave(); }
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

  Task<void> close() override {
    closing = true;
    co_await close_gently(&loop_, &group);
    leave();
  }

  [[nodiscard]] bool is_bulk() const noexcept { return together > 1; }
  [[nodiscard]] bool has_room() const noexcept {
    return !closing && in_flight < std::max(together, kWindow);
  }

  const Handler handler;
  const std::size_t together;
  std::size_t in_flight = 0;
  bool closing = false;
  TaskGroup group;

 private:
  void leave() {
    if (consumer_ != nullptr) std::exchange(consumer_, nullptr)->leave(this);
  }

  Loop& loop_;
  Consumer* consumer_;  // nullptr once closed: it may be gone
};

Consumer::Consumer(Source& source, const Topic& topic, queue::CursorRow row)
    : source_(source),
      topic_(topic),
      row_(std::move(row)),
      work_(source.loop),
      alarm_(*this),
      group_(source.loop, "pubsub.sqlite " + source.component) {}

Consumer::~Consumer() = default;

Result<std::unique_ptr<Subscription>> Consumer::subscribe(Handler handler, std::size_t together) {
  if (auto loaded = load(); !loaded) return std::move(loaded).error();
  std::unique_ptr<Subscription> tap = std::make_unique<Tap>(*this, std::move(handler), together);
  note_change();
  wake();
  return tap;
}

// The first subscription finds out the keys of what was open.
Status Consumer::load() {
  if (cursor_) return {};
  Cursor cursor(row_.state.position);
  for (const std::int64_t seq : row_.state.open) {
    const auto head = heads(seq, seq, 1);
    if (!head) return head.error();
    if (!head->empty()) cursor.add(seq, head->front().key);
  }
  cursor_ = std::move(cursor);
  group_.spawn(run(group_.ctx()));
  return {};
}

void Consumer::leave(const Tap* tap) {
  if (std::erase(taps_, tap) == 0) return;
  row_.seen = now_seconds();
  note_change();
  wake();
}

void Consumer::wake() {
  work_.set();
}

Task<void> Consumer::close() {
  alarm_.disarm();
  co_await group_.close();
}

Task<void> Consumer::run(Ctx ctx) {
  while (true) {
    const auto woken = co_await work_.wait(ctx);
    if (!woken) co_return;
    pump();
    // After what completed at once: that was part of it.
    work_.reset();
  }
}

void Consumer::pump() {
  cursor_->wake(source_.loop.now());
  for (int i = 0; i < kDeliveriesInATurn; ++i) {
    Tap* tap = free_tap();
    if (tap == nullptr) break;
    if (auto looked = look_ahead(); !looked) {
      log::error(kLogScope, "reading messages failed",
                 {{"component", source_.component},
                  {"topic", topic_.name},
                  {"error", looked.error().message}});
      return set_alarm(source_.loop.now() + kReadAgain);
    }
    const auto turn = cursor_->take();
    if (!turn) break;
    ++tap->in_flight;
    tap->group.spawn(deliver(tap->group.ctx(), tap, *turn));
    if (i + 1 == kDeliveriesInATurn) return set_alarm(source_.loop.now());
  }
  if (const auto when = cursor_->next_wake()) set_alarm(*when);
}

void Consumer::set_alarm(TimePoint when) {
  if (!alarm_.armed() || when < alarm_.when()) alarm_.arm(when);
}

Result<std::vector<queue::Head>> Consumer::heads(std::int64_t from, std::int64_t to,
                                                 std::size_t limit) {
  return source_.database.read(
      [&](store::Db& db) { return queue::heads(db, topic_.id, from, to, limit); });
}

// Reads on until a message may be delivered, or enough of them wait.
Status Consumer::look_ahead() {
  while (!cursor_->has_turn() && cursor_->scanned() < topic_.committed &&
         cursor_->open() + kLookAhead <= kMaxOpen) {
    const auto found = heads(cursor_->scanned() + 1, topic_.committed, kLookAhead);
    if (!found) return found.error();
    for (const queue::Head& head : *found) add(head);
    if (found->size() < kLookAhead) cursor_->scanned_to(topic_.committed);
  }
  const bool has_all = cursor_->open() == 0 && cursor_->scanned() == topic_.committed;
  if (has_all && missed_ > 0) {
    log::warn(kLogScope, "the app has caught up",
              {{"component", source_.component},
               {"topic", topic_.name},
               {"app", row_.app},
               {"missed", std::to_string(std::exchange(missed_, 0))}});
  }
  return {};
}

// Messages that go to an app together do not wait for each other, whatever their key.
void Consumer::add(const queue::Head& head) {
  const bool in_bulk = std::ranges::any_of(taps_, [](const Tap* tap) { return tap->is_bulk(); });
  cursor_->add(head.seq, in_bulk ? std::to_string(head.seq) : head.key);
}

Consumer::Tap* Consumer::free_tap() {
  Tap* best = nullptr;
  for (Tap* tap : taps_) {
    if (!tap->has_room()) continue;
    if (best == nullptr || tap->in_flight < best->in_flight) best = tap;
  }
  return best;
}

Task<void> Consumer::deliver(Ctx ctx, Tap* tap, Cursor::Turn turn) {
  auto delivery = next_delivery(turn);
  if (delivery) {
    const auto done = co_await call_handler(&tap->handler, ctx, std::move(*delivery));
    settle(ctx, turn, done);
  }
  --tap->in_flight;
  wake();
}

// Nothing where the turn is over without a delivery: the message is gone, expired, or unreadable.
std::optional<Delivery> Consumer::next_delivery(Cursor::Turn turn) {
  auto message =
      source_.database.read([&](store::Db& db) { return queue::read(db, topic_.id, turn.seq); });
  if (!message) {
    fail(turn, message.error());
    return std::nullopt;
  }
  const bool timed = *message && (*message)->expires && (*message)->time >= queue::kClockIsSet;
  const bool expired = timed && *(*message)->expires <= now_seconds();
  if (!*message || expired) {
    if (!*message) note_missed(1);
    cursor_->done(turn.seq);
    note_change();
    return std::nullopt;
  }
  const bool last = std::int64_t{turn.failures} >= source_.options.max_retries;
  return Delivery{.topic = topic_.name,
                  .data = std::move((*message)->data),
                  .metadata = metadata_of(**message),
                  .attempt = last ? Attempt::kLast : Attempt::kRepeatable};
}

void Consumer::settle(const Ctx& ctx, Cursor::Turn turn, const Status& done) {
  if (done) {
    cursor_->done(turn.seq);
    note_change();
  } else if (ctx.cancelled()) {
    cursor_->put_back(turn.seq);
  } else {
    fail(turn, done.error());
  }
}

void Consumer::fail(Cursor::Turn turn, const Error& error) {
  const Duration pause = pause_after(turn.failures);
  cursor_->failed(turn.seq, source_.loop.now() + pause);
  const auto level = level_of(turn.failures, source_.options.max_retries);
  const bool used_up = level == log::Level::kError;
  if (!log::enabled(level)) return;
  log::write(level, kLogScope,
             used_up ? "a message keeps failing: it is tried at the longest interval from now on"
                     : "a message failed",
             {{"component", source_.component},
              {"topic", topic_.name},
              {"app", row_.app},
              {"message", std::to_string(turn.seq)},
              {"again_in", format_duration(pause)},
              {"error", error.message}});
}

// Twice as long each time, with a quarter more or less, so that many do not come at once.
Duration Consumer::pause_after(unsigned failures) const {
  const auto& options = source_.options;
  Duration pause = options.max_retry_interval;
  if (std::int64_t{failures} < options.max_retries && failures < 32) {
    const auto factor = std::int64_t{1} << failures;
    if (options.retry_interval <= options.max_retry_interval / factor) {
      pause = options.retry_interval * factor;
    }
  }
  const auto quarter = static_cast<std::uint64_t>(pause.count() / 4);
  return pause - Duration(quarter) + Duration(source_.loop.random().below(2 * quarter + 1));
}

queue::CursorRow Consumer::row() const {
  queue::CursorRow row = row_;
  if (cursor_) row.state = cursor_->state();
  if (subscribed()) row.seen = now_seconds();
  return row;
}

bool Consumer::tend() {
  const std::int64_t now = now_seconds();
  if (now < queue::kClockIsSet) return false;
  const std::int64_t age =
      std::chrono::duration_cast<std::chrono::seconds>(source_.options.retention_age).count();
  const bool unknown = row_.seen < queue::kClockIsSet;
  if (subscribed() || unknown) {
    if (!unknown && now - row_.seen < age / 8) return false;
    row_.seen = now;
    note_change();
    return false;
  }
  return now - row_.seen > age;
}

void Consumer::dropped_before(std::int64_t end) {
  const std::int64_t stands = cursor_ ? cursor_->scanned() : row_.state.position;
  if (stands >= end - 1) return;
  note_missed(end - 1 - stands);
  if (cursor_) {
    cursor_->scanned_to(end - 1);
  } else {
    row_.state.position = end - 1;
  }
  note_change();
}

void Consumer::note_lost_row() {
  note_change();
}

void Consumer::note_missed(std::int64_t count) {
  if (missed_ == 0) {
    log::warn(kLogScope, "the app is too far behind: messages are too old or too many to keep",
              {{"component", source_.component}, {"topic", topic_.name}, {"app", row_.app}});
  }
  missed_ += count;
}

void Consumer::note_change() {
  ++changes_;
  source_.changed(unsaved());
}

std::int64_t Consumer::now_seconds() const {
  return std::chrono::duration_cast<std::chrono::seconds>(
             source_.loop.wall_now().time_since_epoch())
      .count();
}

}  // namespace edge::pubsub
