#include "components/replica/manifest.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "components/replica/guard.h"
#include "edge/base/json.h"
#include "edge/base/rfc3339.h"
#include "edge/base/strings.h"
#include "edge/net/tls/signed_json.h"

namespace edge::replica {
namespace {

constexpr std::size_t kMostKeys = 16;

struct Bundle {
  Values items;
  std::string manifest;  // "": there is none
};

Error refused(const std::string& layer, const std::string& why) {
  return {Code::kPermissionDenied, "layer " + layer + ": " + why};
}

void put(Bundle& bundle, std::string_view key, const Value& value) {
  if (key == kManifestKey) {
    bundle.manifest = value.text;
  } else {
    bundle.items.emplace(key, value);
  }
}

// A key of no part is seen by nobody.
std::map<std::string, Bundle> bundles_of(const Values& all, Parts parts) {
  std::map<std::string, Bundle> bundles;
  for (const auto& [key, value] : all) {
    if (parts == Parts::kNone) {
      put(bundles[""], key, value);
      continue;
    }
    const auto slash = key.find('/');
    if (slash == std::string::npos) continue;
    put(bundles[key.substr(0, slash)], std::string_view(key).substr(slash + 1), value);
  }
  return bundles;
}

std::string text_of(const nlohmann::json& manifest, std::string_view name) {
  const auto text = string_member(manifest, name);
  return text ? text->value_or("") : "";
}

Result<std::uint64_t> number_of(const nlohmann::json& manifest, std::string_view name) {
  const auto number = int_member(manifest, name);
  if (number && *number && **number >= 0) return static_cast<std::uint64_t>(**number);
  return Error{Code::kPermissionDenied,
               "\"" + std::string(name) + "\" of its .manifest is no number from 0"};
}

std::string words(const Issue& issue) {
  return std::to_string(issue.rev) + " of epoch " + std::to_string(issue.epoch);
}

// What roots vouch for, of the keys that have not expired.
Result<std::vector<tls::VerifyKey>> listed_keys(const nlohmann::json& list, const Trust& trust) {
  std::vector<tls::VerifyKey> keys;
  if (!list.is_object() || !tls::is_signed(list, trust.roots)) {
    return Error{Code::kPermissionDenied, "its keys are not signed by any of rootKeys"};
  }
  const auto* all = find_member(list, "keys");
  if (all == nullptr || !all->is_array() || all->size() > kMostKeys) {
    return Error{Code::kPermissionDenied, "its keys are no array of at most 16"};
  }
  for (const nlohmann::json& one : *all) {
    const std::string expires = text_of(one, "expires");
    const auto end = parse_rfc3339(expires);
    if (!expires.empty() && (!end || *end <= trust.now())) continue;
    auto key = tls::VerifyKey::parse(text_of(one, "key"));
    if (!key) return key.error().within("its keys");
    keys.push_back(std::move(*key));
  }
  return keys;
}

Status check_signature(const nlohmann::json& manifest, const Trust& trust) {
  if (tls::is_signed(manifest, trust.signing)) return {};
  const auto list = manifest.find("keys");
  if (trust.roots.empty() || (list == manifest.end() && !trust.signing.empty())) {
    return Error{Code::kPermissionDenied, "its .manifest is not signed by any of signingKeys"};
  }
  if (list == manifest.end()) {
    return Error{Code::kPermissionDenied, "its .manifest has no keys, and rootKeys wants them"};
  }
  const auto keys = listed_keys(*list, trust);
  if (!keys) return keys.error();
  if (tls::is_signed(manifest, *keys)) return {};
  return Error{Code::kPermissionDenied,
               "its .manifest is not signed by any of its keys that have not expired"};
}

Result<Issue> check_bundle(const std::string& layer, const Bundle& bundle, const TrustRef& trust) {
  if (bundle.manifest.empty()) {
    return refused(layer, "it has no .manifest, and signingKeys wants one");
  }
  const auto manifest = read_manifest(layer, bundle.manifest, trust);
  if (!manifest) return manifest.error();
  if (manifest->sha256 != digest_of(bundle.items)) {
    return refused(layer, "its items are not those of its .manifest");
  }
  return manifest->issue;
}

// Of the list of its keys; 0 where there is none.
std::uint64_t keys_revision(const nlohmann::json& manifest) {
  const auto* list = find_member(manifest, "keys");
  if (list == nullptr || !list->is_object()) return 0;
  return number_of(*list, "rev").value_or(0);
}

}  // namespace

Result<Manifest> read_manifest(const std::string& layer, std::string_view text,
                               const TrustRef& trust) {
  const auto manifest = parse_json(text);
  if (!manifest || !manifest->is_object()) return refused(layer, "its .manifest is no JSON object");
  const Status fine = trust ? check_signature(*manifest, *trust) : Status();
  if (!fine) return refused(layer, fine.error().message);
  const std::string named = text_of(*manifest, "layer");
  if (named != layer) return refused(layer, "its .manifest is that of the layer " + named);
  const auto epoch = number_of(*manifest, "epoch");
  if (!epoch) return refused(layer, epoch.error().message);
  const auto rev = number_of(*manifest, "rev");
  if (!rev) return refused(layer, rev.error().message);
  const std::string expires = text_of(*manifest, "expires");
  const auto end = parse_rfc3339(expires);
  if (!expires.empty() && !end) {
    return refused(layer, "\"expires\" of its .manifest is no time as in RFC 3339");
  }
  return Manifest{.issue = {*epoch, *rev, keys_revision(*manifest)},
                  .sha256 = text_of(*manifest, "sha256"),
                  .expires = end};
}

bool is_manifest(std::string_view key) {
  if (!key.ends_with(kManifestKey)) return false;
  key.remove_suffix(kManifestKey.size());
  return key.empty() || key.ends_with('/');
}

std::optional<WallTime> first_expiry(const Values& values) {
  std::optional<WallTime> first;
  for (const auto& [key, value] : values) {
    if (!is_manifest(key)) continue;
    const auto manifest = parse_json(value.text);
    const auto end = manifest ? parse_rfc3339(text_of(*manifest, "expires")) : std::nullopt;
    if (end && (!first || *end < *first)) first = end;
  }
  return first;
}

Status check_order(const std::string& layer, const Issue& issue, const Issue& before) {
  if (issue.keys < before.keys) {
    return refused(layer, "its keys, revision " + std::to_string(issue.keys) +
                              ", are older than revision " + std::to_string(before.keys) +
                              ", which was taken over before");
  }
  if (issue >= before) return {};
  return refused(layer, "its revision " + words(issue) + " is lower than " + words(before) +
                            ", which was taken over before");
}

Result<Issues> check_manifests(const ManifestOptions& options, const Values& all,
                               const Issues& accepted) {
  auto bundles = bundles_of(all, options.parts);
  for (const auto& [part, issue] : accepted) bundles.try_emplace(part);
  Issues issues;
  for (const auto& [part, bundle] : bundles) {
    const std::string layer = options.layer + part;
    const auto issue = check_bundle(layer, bundle, options.trust);
    if (!issue) return issue.error();
    const auto before = accepted.find(part);
    const Status order =
        before == accepted.end() ? Status() : check_order(layer, *issue, before->second);
    if (!order) return order.error();
    issues[part] = *issue;
  }
  return issues;
}

}  // namespace edge::replica
