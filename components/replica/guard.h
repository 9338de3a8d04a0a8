// How what a replica serves stands to its source, and why.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "components/replica/manifest.h"
#include "components/replica/values.h"

namespace edge::replica {

enum class Standing : std::uint8_t {
  kProven,       // the source's is served
  kOnProbation,  // it is, and what was proven before is kept
  kRolledBack,   // what was proven before is served; the source's is withheld
  kRefused,      // the same, as the source's is not signed as it should be
};

std::string_view name_of(Standing standing);

struct Guard {
  Standing standing = Standing::kProven;
  WallTime since;
  std::uint64_t proven_revision = 0;  // of what was proven before; not where kProven
  std::string withheld;               // the digest of what is withheld
  std::string reason;                 // why it is
  // Apps that were well with what was proven before; where kProven, when it was.
  std::set<std::string> witnesses;
  unsigned starts = 0;  // on probation, after an end that was none of ours
  Issues accepted;      // what was signed last, of what was taken over

  [[nodiscard]] bool withholds() const noexcept {
    return standing == Standing::kRolledBack || standing == Standing::kRefused;
  }

  friend bool operator==(const Guard&, const Guard&) = default;
};

// How apps are that read what is served; by their names.
struct Health {
  std::function<std::set<std::string>()> well;
  std::function<bool(const std::string& app)> is_unwell;  // false for one that is not there
};

// SHA-256, in hexadecimal, of the keys and their texts: the same for the same items, whatever their
// revisions. Of canonical JSON. Source: sync reference §4.5.
std::string digest_of(const Values& values);

}  // namespace edge::replica
