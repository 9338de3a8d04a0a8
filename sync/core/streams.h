// Streams: who numbers the messages of one class, source, topic and key.
//
// Only so many are known at a time. Those that no message in memory belongs to may be forgotten;
// then a new epoch has to begin, in which all streams start at 1.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "sync/core/events.h"

namespace edge::sync {

struct Stream {
  std::uint64_t last = 0;  // the number that was given last, in this epoch
  std::int64_t deep = 0;   // its last row that is in the store alone; an upper bound
  std::int64_t old = 0;    // its last row that was found in the store by the scan
  std::size_t users = 0;   // rows in memory
  // For ClassQueue, while it looks for what to send.
  std::uint64_t round = 0;
  bool blocked = false;
  const std::string* lane = nullptr;  // of a row on its way
};

class Streams {
 public:
  explicit Streams(std::size_t limit) : limit_(limit) {}

  // By stream_of(). Begins to use it; the reference is good until the last user is gone.
  Stream& use(const std::string& name);
  static void release(Stream& stream) noexcept { --stream.users; }

  // There are too many.
  [[nodiscard]] bool is_full() const noexcept { return streams_.size() >= limit_; }
  // Forgets what is not used. A new epoch begins.
  void forget_unused();
  // Numbers start at 1 again.
  void begin_epoch();

  // Streams that are not known may have rows in the store up to this one.
  void assume_deep(Class cls, std::int64_t row) noexcept { deep_[index_of(cls)] = row; }
  // All streams of the class that had rows in the store when it was opened.
  void learn(Class cls, const std::vector<Scanned::Stream>& streams);
  // They cannot be had: the assumption stays.
  void learn_nothing(Class cls);

 private:
  Stream& find(const std::string& name);

  std::size_t limit_;
  std::array<std::int64_t, kClasses> deep_{};       // assumed of those that are not known
  std::array<std::int64_t, kClasses> forgotten_{};  // the last deep row of those forgotten
  std::unordered_map<std::string, Stream> streams_;
};

}  // namespace edge::sync
