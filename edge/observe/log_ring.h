// The last lines of the log, in memory, for those who ask the hub for them.
//
// Any thread appends, and never waits for a reader: the oldest lines go when there is no more room,
// and a reader that is slow is told how many it has missed. Reading belongs to the loop's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "edge/base/log.h"
#include "edge/loop/loop.h"
#include "edge/loop/sync.h"

namespace edge::observe {

// Which lines a reader wants.
struct LogFilter {
  log::Level level = log::Level::kDebug;  // and above
  std::string app;                        // "" for all

  [[nodiscard]] bool takes(log::Level line_level, std::string_view line_app) const noexcept {
    return line_level >= level && (app.empty() || app == line_app);
  }
};

class LogRing {
 public:
  static constexpr std::size_t kBytes = std::size_t{256} * 1024;
  static constexpr std::size_t kFollowers = 8;

  // `bytes` bounds what the lines take, with what keeping them costs.
  explicit LogRing(Loop& loop, std::size_t bytes = kBytes);

  // Takes the log's lines from now on, until the ring goes away. Legal for one ring at a time.
  void record();
  ~LogRing();
  LogRing(const LogRing&) = delete;
  LogRing& operator=(const LogRing&) = delete;

  // Thread-safe. A line that is longer than the ring is not kept.
  void append(const log::Record& record);

  // Where a reader stands.
  struct Cursor {
    std::uint64_t next = 0;  // number of the line that comes next
    std::uint64_t lost = 0;  // how many went before they were read, since the last batch
  };
  // The last `tail` lines that fit the filter are still to come.
  [[nodiscard]] Cursor cursor(std::size_t tail, const LogFilter& filter) const;
  // Lines with their ends, at least one where any fits, up to about `bytes`. Moves the cursor.
  [[nodiscard]] std::string read(Cursor& cursor, const LogFilter& filter, std::size_t bytes) const;

  // Waits until there is a line after the cursor. Errors: kUnavailable once the ring is closed,
  // kCancelled, kDeadlineExceeded.
  Task<Status> wait(Ctx ctx, const Cursor* cursor);
  // Ends the waiting of all, for good.
  void close();

  // A place among those who follow the log; false where all are taken.
  [[nodiscard]] bool enter() noexcept;
  void leave() noexcept { --followers_; }

 private:
  struct Line {
    log::Level level;
    std::string app;
    std::string text;
    [[nodiscard]] std::size_t bytes() const noexcept {
      return sizeof(Line) + app.capacity() + text.capacity();
    }
  };
  [[nodiscard]] bool has_after(const Cursor& cursor) const;
  void announce();

  Loop& loop_;
  std::size_t limit_;
  Event more_;
  std::size_t followers_ = 0;
  bool closed_ = false;
  bool recording_ = false;
  std::shared_ptr<bool> alive_;  // what was posted to the loop may come after the ring's end

  mutable std::mutex mutex_;
  std::deque<Line> lines_;
  std::uint64_t first_ = 0;  // number of the first line that is there
  std::size_t bytes_ = 0;
  bool waited_for_ = false;  // a reader waits, and has not been told yet
};

}  // namespace edge::observe
