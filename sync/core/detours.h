// Detours: topics of lanes that cannot be used for a while.
//
// Where nobody takes what goes to a lane's topic, it goes to the baseline's, and keeps its stamp.
// What the cloud refuses at a topic waits there with patience. Known until the hub stops.
// Source: sync reference §1.5 (the cloud), MQTT 5 §3.4.2.1.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "sync/core/events.h"

namespace edge::sync {

inline const std::string kBaseName = "base";

class Detours {
 public:
  static constexpr HubTime kByBase = std::chrono::minutes(5);
  static constexpr HubTime kPatience = std::chrono::minutes(2);
  static constexpr HubTime kFirstPause = std::chrono::seconds(1);
  static constexpr HubTime kLongestPause = std::chrono::seconds(30);
  static constexpr std::size_t kMost = 1024;

  // The lane by whose topic a row goes now; nullptr: by none.
  [[nodiscard]] const std::string* way_of(const Row& row) const;
  [[nodiscard]] bool has_any() const noexcept { return !entries_.empty(); }

  // Nobody takes what goes to the row's topic.
  void go_by_base(const Now& now, const Row& row);
  // The cloud refuses a row at the topic of `lane`. False where it has done so for too long.
  bool wait(const Now& now, const std::string& lane, const Row& row);
  // It has taken one there.
  void taken(const std::string& lane, const Row& row);
  // It is asked again about what it has refused.
  void ask_again();
  // Forgets what is over.
  void advance(const Now& now);
  void find_wake(Wake& wake) const;

 private:
  enum class Kind : std::uint8_t { kByBase, kWaits, kAsked };
  struct Entry {
    Kind kind = Kind::kByBase;
    HubTime until{0};
    HubTime since{0};  // of the first refusal
    HubTime pause{0};
  };
  using Key = std::pair<std::string, std::string>;  // lane and topic
  [[nodiscard]] const Entry* find(const std::string& lane, const Row& row) const;

  std::map<Key, Entry> entries_;
};

}  // namespace edge::sync
