// One subscription to a configuration store: which keys have changed and were not handed on yet.
//
// It holds keys and no values: whoever hands on reads what they are by then, so that a slow
// subscriber costs little and gets the last value of each key. All on the loop.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "components/configuration/configuration.h"

namespace edge::blocks {

// What is subscribed to. No key: every key.
struct SubscriptionWish {
  std::string app_id;  // the instance whose it is; "" for the hub's own tools
  std::vector<std::string> keys;
  configuration::Metadata metadata;

  friend bool operator==(const SubscriptionWish&, const SubscriptionWish&) = default;
};

class Subscription {
 public:
  enum class Kind : std::uint8_t { kApp, kStream };  // handed on by calls to the app, or taken

  Subscription(std::string id, Kind kind, SubscriptionWish wish, std::string store)
      : id_(std::move(id)), kind_(kind), wish_(std::move(wish)), store_(std::move(store)) {}

  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] const SubscriptionWish& wish() const noexcept { return wish_; }
  [[nodiscard]] const std::string& store() const noexcept { return store_; }

  // Called when keys wait where none did, and at the end.
  void on_change(std::function<void()> observer) { observer_ = std::move(observer); }

  void note(const configuration::Items& changed);
  // The keys that wait.
  std::set<std::string> take() { return std::exchange(waiting_, {}); }
  // Some that were taken and not handed on.
  void put_back(std::set<std::string> keys);
  [[nodiscard]] bool has_changes() const noexcept { return !waiting_.empty(); }

  // From here on what it is told is read with this metadata.
  void read_with(configuration::Metadata metadata) { wish_.metadata = std::move(metadata); }

  void end();
  [[nodiscard]] bool ended() const noexcept { return ended_; }

 private:
  std::string id_;
  Kind kind_;
  SubscriptionWish wish_;
  std::string store_;
  std::set<std::string> waiting_;
  std::function<void()> observer_;
  bool ended_ = false;
};

}  // namespace edge::blocks
