// A step of a replica: what it takes over at once, on the disk and in memory.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "components/replica/guard.h"
#include "components/replica/values.h"

namespace edge::replica {

// Values of keys; nothing: the key is not there.
using Kept = std::map<std::string, std::optional<Value>, std::less<>>;

struct Step {
  // Which differences those who read see: the source's, or others.
  enum class Seen : std::uint8_t { kSame, kOther };

  Differences differences;  // of the source, one for each key
  Cursor cursor;
  WallTime as_of;
  std::size_t keys = 0;  // that the source has afterwards, and their bytes
  std::size_t bytes = 0;
  Seen seen = Seen::kSame;
  Differences other;           // what is seen, where it is not the same
  Kept kept;                   // what the proven generation has otherwise, that is not known yet
  std::optional<Guard> guard;  // where it becomes another

  [[nodiscard]] const Differences& served() const noexcept {
    return seen == Seen::kSame ? differences : other;
  }
};

}  // namespace edge::replica
