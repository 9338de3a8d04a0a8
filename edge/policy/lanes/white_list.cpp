#include "edge/policy/lanes/white_list.h"

#include <algorithm>

namespace edge::policy {
namespace {

constexpr std::uint64_t kFnvOffset = 0xcbf29ce484222325;
constexpr std::uint64_t kFnvPrime = 0x100000001b3;
constexpr std::uint32_t kWhole = 10'000;

std::uint64_t fnv(std::uint64_t hash, std::string_view bytes) noexcept {
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * kFnvPrime;
  return hash;
}

// Source: SplitMix64's finisher; FNV alone leaves short ids unevenly spread.
std::uint64_t finish(std::uint64_t hash) noexcept {
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  return hash ^ (hash >> 31);
}

}  // namespace

std::uint32_t share_of(std::string_view salt, std::string_view id) noexcept {
  const std::uint64_t salted = fnv(fnv(kFnvOffset, salt), std::string_view("\0", 1));
  return static_cast<std::uint32_t>(finish(fnv(salted, id)) % kWhole);
}

void WhiteList::keep_first(Entries& entries, const std::string& key, const Entry& entry) {
  const auto [at, is_new] = entries.try_emplace(key, entry);
  if (!is_new && entry.priority < at->second.priority) at->second = entry;
}

void WhiteList::add(const WhiteListRule& rule) {
  const Entry entry{rule.lane, rule.priority};
  for (const std::string& id : rule.exact) keep_first(exact_, id, entry);
  for (const std::string& prefix : rule.prefixes) {
    keep_first(prefixes_, prefix, entry);
    const auto at = std::ranges::lower_bound(prefix_sizes_, prefix.size(), std::greater<>());
    if (at == prefix_sizes_.end() || *at != prefix.size()) prefix_sizes_.insert(at, prefix.size());
  }
  if (!rule.share) return;
  const auto after =
      std::ranges::upper_bound(shares_, rule.priority, std::less<>(),
                               [](const ShareEntry& share) { return share.entry.priority; });
  shares_.insert(after, {entry, *rule.share});
}

std::optional<LaneId> WhiteList::find(std::string_view exact, std::string_view id) const {
  if (const auto found = exact_.find(exact); found != exact_.end()) return found->second.lane;
  for (const std::size_t size : prefix_sizes_) {
    if (size > id.size()) continue;
    const auto found = prefixes_.find(id.substr(0, size));
    if (found != prefixes_.end()) return found->second.lane;
  }
  for (const ShareEntry& entry : shares_) {
    if (share_of(entry.share.salt, id) < entry.share.per_ten_thousand) return entry.entry.lane;
  }
  return std::nullopt;
}

}  // namespace edge::policy
