// Manifests: what a signer says of a layer's items, and whether they are as it says.
//
// The item ".manifest" of a layer is {"layer","epoch","rev","sha256","sig"} and what else its
// signer wants: "sha256" is the digest of the other items (guard.h), "sig" the base64 of an ECDSA
// signature of the manifest without "sig", as JSON with sorted members and no spaces. "expires" is
// when its items are stale. "keys" are keys that sign, as roots vouch for them:
// {"rev","keys":[{"key","expires"}],"sig"}, with the PEM of each. Source: sync reference §4.4,
// §4.5.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "components/replica/values.h"
#include "edge/net/tls/verify_key.h"

namespace edge::replica {

inline constexpr std::string_view kManifestKey = ".manifest";

// The order in which bundles were signed.
struct Issue {
  std::uint64_t epoch = 0;
  std::uint64_t rev = 0;
  std::uint64_t keys = 0;  // the revision of its keys that roots vouch for

  friend auto operator<=>(const Issue&, const Issue&) = default;
};
// Of the parts of a layer: lanes, devices; "" of a layer that has none.
using Issues = std::map<std::string, Issue, std::less<>>;

// What a manifest says.
struct Manifest {
  Issue issue;
  std::string sha256;  // of the items
  std::optional<WallTime> expires;
};

// Who may sign.
struct Trust {
  std::vector<tls::VerifyKey> signing;
  std::vector<tls::VerifyKey> roots;  // of keys that may sign besides
  std::function<WallTime()> now;
};
using TrustRef = std::shared_ptr<const Trust>;

// Of this layer, and signed as it should be; null: it need not be signed. Errors:
// kPermissionDenied, with the layer and the reason.
Result<Manifest> read_manifest(const std::string& layer, std::string_view text,
                               const TrustRef& trust);

// Whether this is the key of a manifest, also of a part.
bool is_manifest(std::string_view key);

// When the first of these manifests has expired, or will; nothing where none ever does.
std::optional<WallTime> first_expiry(const Values& values);

// Errors: kPermissionDenied: one that was taken over before is higher.
Status check_order(const std::string& layer, const Issue& issue, const Issue& before);

enum class Parts : std::uint8_t { kNone, kByName };  // kByName: keys are "NAME/KEY"

struct ManifestOptions {
  std::string layer;  // what a manifest calls it; how that begins, where it has parts: "lane-"
  Parts parts = Parts::kNone;
  TrustRef trust;
};

// What is accepted with these values. Errors: kPermissionDenied, with the reason.
Result<Issues> check_manifests(const ManifestOptions& options, const Values& all,
                               const Issues& accepted);

}  // namespace edge::replica
