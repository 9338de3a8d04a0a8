// ClockFile: the clock floor over restarts, as the modification time of a file that is empty.
#pragma once

#include <string>

#include "edge/loop/task_group.h"

namespace edge::daemon {

class ClockFile {
 public:
  // A write of an inode each: a flash takes it.
  static constexpr Duration kInterval = std::chrono::hours(1);

  // DIR/clock; "": there is no directory, and a restart begins with the release's day.
  ClockFile(Loop& loop, const std::string& data_dir);

  // Raises the floor to what the file says.
  void read() const;
  // Moves floor and file on with the clock, now and each interval until `ctx` ends, and then once
  // more. Where the file cannot be written, the floor alone.
  Task<void> follow(Ctx ctx);

 private:
  void note() const;

  Loop& loop_;
  std::string path_;
};

}  // namespace edge::daemon
