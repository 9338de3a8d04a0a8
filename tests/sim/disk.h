// Disk: the store of a simulated hub: tables, transactions, and what a power cut leaves of them.
#pragma once

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sync/core/actions.h"

namespace edge::sync::sim {

struct Tables {
  Meta meta;
  std::array<Totals, kClasses> totals{};
  std::array<std::map<std::int64_t, RowPtr>, kClasses> rows;
  std::map<std::int64_t, Gap> gaps;
  std::map<std::pair<std::string, std::string>, InboxRow> inbox;
  LaneState lane;

  void apply(const Write& write);
  [[nodiscard]] std::int64_t bytes() const;
  [[nodiscard]] Stored stored() const;
};

enum class Syncing : std::uint8_t { kEachCommit, kNever };

class Disk {
 public:
  explicit Disk(Syncing syncing) : syncing_(syncing) {}
  void set_capacity(std::int64_t bytes) noexcept { capacity_ = bytes; }

  // One transaction: wholly or not at all. Errors: kResourceExhausted.
  Status commit(const std::vector<Write>& writes);
  // What a program sees.
  [[nodiscard]] const Tables& tables() const noexcept { return current_; }
  Loaded load(const Load& load) const;
  Scanned scan(const Scan& scan) const;
  ReplyLoaded load_reply(const LoadReply& load) const;

  // The operating system writes back what was not synced.
  void write_back();
  // What was not written back is gone.
  void cut_power();

 private:
  Syncing syncing_;
  std::int64_t capacity_ = 0;
  Tables current_;
  Tables synced_;
  std::vector<Write> unsynced_;
};

}  // namespace edge::sync::sim
