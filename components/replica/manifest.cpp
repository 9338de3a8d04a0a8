#include "components/replica/manifest.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "components/replica/guard.h"
#include "edge/base/json.h"
#include "edge/net/tls/signed_json.h"

namespace edge::replica {
namespace {

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

Result<Issue> check_bundle(const std::string& layer, const Bundle& bundle,
                           const std::vector<tls::VerifyKey>& keys) {
  if (bundle.manifest.empty()) {
    return refused(layer, "it has no .manifest, and signingKeys wants one");
  }
  const auto manifest = parse_json(bundle.manifest);
  if (!manifest || !manifest->is_object()) return refused(layer, "its .manifest is no JSON object");
  if (!tls::is_signed(*manifest, keys)) {
    return refused(layer, "its .manifest is not signed by any of signingKeys");
  }
  const std::string named = text_of(*manifest, "layer");
  if (named != layer) return refused(layer, "its .manifest is that of the layer " + named);
  if (text_of(*manifest, "sha256") != digest_of(bundle.items)) {
    return refused(layer, "its items are not those of its .manifest");
  }
  const auto epoch = number_of(*manifest, "epoch");
  if (!epoch) return refused(layer, epoch.error().message);
  const auto rev = number_of(*manifest, "rev");
  if (!rev) return refused(layer, rev.error().message);
  return Issue{*epoch, *rev};
}

std::string words(const Issue& issue) {
  return std::to_string(issue.rev) + " of epoch " + std::to_string(issue.epoch);
}

}  // namespace

Result<Issues> check_manifests(const ManifestOptions& options, const Values& all,
                               const Issues& accepted) {
  auto bundles = bundles_of(all, options.parts);
  for (const auto& [part, issue] : accepted) bundles.try_emplace(part);
  Issues issues;
  for (const auto& [part, bundle] : bundles) {
    const std::string layer = options.layer + part;
    const auto issue = check_bundle(layer, bundle, *options.keys);
    if (!issue) return issue.error();
    const auto before = accepted.find(part);
    if (before != accepted.end() && *issue < before->second) {
      return refused(layer, "its revision " + words(*issue) + " is lower than " +
                                words(before->second) + ", which was taken over before");
    }
    issues[part] = *issue;
  }
  return issues;
}

}  // namespace edge::replica
