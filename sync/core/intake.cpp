#include "sync/core/intake.h"

#include <array>
#include <limits>
#include <ranges>
#include <utility>

namespace edge::sync {
namespace {

Line line_of(const Arrival& arrival) noexcept {
  constexpr std::array<Line, kClasses> kOfApps = {Line::kAlarm, Line::kEvent, Line::kTelemetry};
  return arrival.from == From::kHub ? Line::kHub : kOfApps[index_of(arrival.message->cls)];
}

}  // namespace

void Intake::add(Arrival arrival) {
  line(line_of(arrival)).push_back(std::move(arrival));
}

void Intake::to_front(Arrival arrival) {
  line(line_of(arrival)).push_front(std::move(arrival));
}

void Intake::forget(Ticket ticket) {
  for (Queue& queue : lines_) {
    for (Arrival& arrival : queue) {
      if (arrival.ticket == ticket) arrival.ticket = 0;
    }
  }
  for (Numbered& numbered : numbered_) {
    if (numbered.arrival.ticket == ticket) numbered.arrival.ticket = 0;
  }
}

std::size_t Intake::waiting() const noexcept {
  std::size_t count = 0;
  for (const Queue& queue : lines_) count += queue.size();
  return count - own_waiting();
}

std::uint64_t Intake::first_mark() const noexcept {
  for (const Arrival& arrival : line(Line::kHub)) {
    if (arrival.mark != 0) return arrival.mark;
  }
  return std::numeric_limits<std::uint64_t>::max();
}

const Arrival* Intake::first(Line from) const noexcept {
  const Queue& queue = line(from);
  return queue.empty() ? nullptr : &queue.front();
}

void Intake::refuse(Line from, const Error& error, Actions& actions) {
  Queue& queue = line(from);
  if (queue.front().ticket != 0) actions.emplace_back(Answer{queue.front().ticket, error});
  queue.pop_front();
}

void Intake::refuse_all(const Error& error, Actions& actions) {
  for (const Line from : kAllLines) {
    while (from != Line::kHub && first(from) != nullptr) refuse(from, error, actions);
  }
}

void Intake::begin_epoch() noexcept {
  ++epoch_;
  begins_epoch_ = true;
}

void Intake::forget_streams() {
  streams_.forget_unused();
  begin_epoch();
}

const RowPtr& Intake::number(Line from, std::int64_t row, const Now& now) {
  // Numbers of one commit are of one epoch, so that they can be given back.
  if (streams_.is_full() && numbered_.empty()) forget_streams();
  Queue& queue = line(from);
  Numbered numbered{.arrival = std::move(queue.front())};
  queue.pop_front();
  const auto& message = numbered.arrival.message;
  numbered.stream = &streams_.use(stream_of(*message));
  const HubTime enqueued = numbered.arrival.enqueued;
  Row content{.row = row,
              .id = uuid_v7(random_, now.wall.value_or(WallTime())),
              .number = {epoch_, ++numbered.stream->last},
              .lane = numbered.arrival.lane,
              .enqueued = enqueued,
              .message = message};
  if (message->ttl > HubTime(0)) content.expires = enqueued + message->ttl;
  numbered.row = std::make_shared<const Row>(std::move(content));
  return numbered_.emplace_back(std::move(numbered)).row;
}

std::vector<Intake::Numbered> Intake::take_numbered() noexcept {
  begins_epoch_ = false;
  return std::exchange(numbered_, {});
}

void Intake::put_back() {
  for (Numbered& numbered : numbered_ | std::views::reverse) {
    numbered.stream->last = numbered.row->number.seq - 1;
    Streams::release(*numbered.stream);
    to_front(std::move(numbered.arrival));
  }
  numbered_.clear();
}

void Intake::refuse_numbered(const Error& error, Actions& actions) {
  for (Numbered& numbered : numbered_) {
    Streams::release(*numbered.stream);
    if (numbered.arrival.ticket != 0) actions.emplace_back(Answer{numbered.arrival.ticket, error});
  }
  for (Numbered& numbered : numbered_ | std::views::reverse) {
    if (numbered.arrival.from == From::kHub) to_front(std::move(numbered.arrival));
  }
  numbered_.clear();
  streams_.begin_epoch();
  begin_epoch();
}

}  // namespace edge::sync
