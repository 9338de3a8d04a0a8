// WhiteList: which devices, or which users, belong to a lane.
//
// Built once, then only read. Looking up takes no memory.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/policy/lanes/lane_id.h"

namespace edge::policy {

// A part of all ids, by a hash: the same ids on every hub and after every restart.
struct Share {
  std::string salt;
  std::uint32_t per_ten_thousand = 0;  // 250 are 2.5 %
};

// Which part of all the id falls into: below 10000. FNV-1a, 64 bits, over salt, a zero byte and id,
// finished as in SplitMix64, modulo 10000.
std::uint32_t share_of(std::string_view salt, std::string_view id) noexcept;

// Members of one lane; whoever fits any of the three is one.
struct WhiteListRule {
  LaneId lane;
  std::int32_t priority = 0;       // among rules that fit equally well the smallest wins
  std::vector<std::string> exact;  // ids; of users: their tags
  std::vector<std::string> prefixes;
  std::optional<Share> share;
};

class WhiteList {
 public:
  // In the order of the file: of two rules with the same priority the first wins.
  void add(const WhiteListRule& rule);

  [[nodiscard]] bool empty() const noexcept {
    return exact_.empty() && prefixes_.empty() && shares_.empty();
  }
  struct Sizes {
    std::size_t exact;
    std::size_t prefixes;
    std::size_t shares;
  };
  [[nodiscard]] Sizes sizes() const noexcept {
    return {exact_.size(), prefixes_.size(), shares_.size()};
  }
  // Whether any exact entry is there: only then is the tag of a user needed.
  [[nodiscard]] bool has_exact() const noexcept { return !exact_.empty(); }

  // An exact entry before the longest prefix before a share. `exact` is what exact entries are
  // compared with; `id` is for the others.
  [[nodiscard]] std::optional<LaneId> find(std::string_view exact, std::string_view id) const;

 private:
  struct Entry {
    LaneId lane;
    std::int32_t priority;
  };
  struct ShareEntry {
    Entry entry;
    Share share;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;
  static void keep_first(Entries& entries, const std::string& key, const Entry& entry);

  Entries exact_;
  Entries prefixes_;
  std::vector<std::size_t> prefix_sizes_;  // that occur, longest first
  std::vector<ShareEntry> shares_;         // by priority
};

}  // namespace edge::policy
