#include "edge/observe/log_ring.h"

#include <algorithm>
#include <utility>

namespace edge::observe {

LogRing::LogRing(Loop& loop, std::size_t bytes)
    : loop_(loop), limit_(bytes), more_(loop), alive_(std::make_shared<bool>(true)) {}

LogRing::~LogRing() {
  if (recording_) log::observe(nullptr);
  *alive_ = false;
}

void LogRing::record() {
  recording_ = true;
  log::observe([this](const log::Record& record) { append(record); });
}

void LogRing::append(const log::Record& record) {
  Line line{record.level, std::string(record.app), std::string(record.json)};
  const std::size_t size = line.bytes();
  if (size > limit_) return;
  bool tell = false;
  {
    const std::lock_guard lock(mutex_);
    while (bytes_ + size > limit_) {
      bytes_ -= lines_.front().bytes();
      lines_.pop_front();
      ++first_;
    }
    lines_.push_back(std::move(line));
    bytes_ += size;
    tell = std::exchange(waited_for_, false);
  }
  if (!tell) return;
  loop_.post([this, alive = alive_] {
    if (*alive) announce();
  });
}

void LogRing::announce() {
  more_.set();
  if (!closed_) more_.reset();
}

LogRing::Cursor LogRing::cursor(std::size_t tail, const LogFilter& filter) const {
  const std::lock_guard lock(mutex_);
  Cursor cursor{first_ + lines_.size(), 0};
  for (std::size_t i = lines_.size(); i > 0 && tail > 0; --i) {
    const Line& line = lines_[i - 1];
    if (!filter.takes(line.level, line.app)) continue;
    cursor.next = first_ + i - 1;
    --tail;
  }
  return cursor;
}

std::string LogRing::read(Cursor& cursor, const LogFilter& filter, std::size_t bytes) const {
  const std::lock_guard lock(mutex_);
  std::string out;
  cursor.lost = first_ > cursor.next ? first_ - cursor.next : 0;
  cursor.next = std::max(cursor.next, first_);
  while (cursor.next < first_ + lines_.size() && out.size() < bytes) {
    const Line& line = lines_[cursor.next - first_];
    ++cursor.next;
    if (filter.takes(line.level, line.app)) out.append(line.text).append("\n");
  }
  return out;
}

bool LogRing::has_after(const Cursor& cursor) const {
  return cursor.next < first_ + lines_.size();
}

Task<Status> LogRing::wait(Ctx ctx, const Cursor* cursor) {
  while (!closed_) {
    {
      const std::lock_guard lock(mutex_);
      if (has_after(*cursor)) co_return Status();
      waited_for_ = true;
    }
    auto told = co_await more_.wait(ctx);
    if (!told) co_return told;
  }
  co_return Error{Code::kUnavailable, "the log is closed"};
}

void LogRing::close() {
  closed_ = true;
  more_.set();
}

bool LogRing::enter() noexcept {
  if (followers_ == kFollowers) return false;
  ++followers_;
  return true;
}

}  // namespace edge::observe
