#include "components/configuration/manifest_reader.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"

namespace edge::configuration {
namespace {

constexpr std::size_t kLongestKey = 1024;
constexpr std::size_t kDigits = 64;
constexpr std::size_t kDigitsOfTopic = 16;

Error refused(const std::string& layer, const std::string& why) {
  return {Code::kPermissionDenied, "layer " + layer + ": " + why};
}

Status add_items(const std::string& layer, const nlohmann::json& object, std::uint64_t revision,
                 replica::Values& items) {
  if (!object.is_object()) return refused(layer, "its items are no JSON object");
  for (const auto& [key, value] : object.items()) {
    if (key.empty() || key.size() > kLongestKey || key == replica::kManifestKey) {
      return refused(layer, "a key of its items is empty, longer than 1024 bytes or .manifest");
    }
    if (!value.is_string()) return refused(layer, "its item \"" + key + "\" is no text");
    const bool added = items.try_emplace(key, value.get<std::string>(), revision).second;
    if (!added) return refused(layer, "its item \"" + key + "\" stands in two chunks");
  }
  return {};
}

bool is_digest(const nlohmann::json& value) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return text.size() == kDigits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

Result<std::vector<std::string>> chunks_of(const std::string& layer, const nlohmann::json& list) {
  std::vector<std::string> chunks;
  if (!list.is_array() || list.empty() || list.size() > kMostChunks) {
    return refused(layer, "chunks of its manifest are no array of 1 to 512 SHA-256");
  }
  for (const auto& one : list) {
    if (!is_digest(one)) {
      return refused(layer, "a chunk of its manifest is no SHA-256 in 64 small digits");
    }
    chunks.push_back(one.get<std::string>());
  }
  return chunks;
}

}  // namespace

std::string manifest_topic(const std::string& layer) {
  return "e1/c/" + layer;
}

std::string chunk_topic(const std::string& layer, const std::string& sha256) {
  return manifest_topic(layer) + "/" + sha256.substr(0, kDigitsOfTopic);
}

Result<Announcement> read_announcement(const std::string& layer, std::string_view payload,
                                       const replica::TrustRef& trust) {
  auto document = parse_json(payload);
  if (!document || !document->is_object()) {
    return refused(layer, "its manifest is no JSON object");
  }
  const auto items = document->find("inline");
  const auto chunks = document->find("chunks");
  if ((items == document->end()) == (chunks == document->end())) {
    return refused(layer, "its manifest has neither inline nor chunks, or both");
  }
  Announcement said;
  if (chunks != document->end()) {
    auto read = chunks_of(layer, *chunks);
    if (!read) return std::move(read).error();
    said.chunks = std::move(*read);
  }
  const nlohmann::json inline_items = items == document->end() ? nlohmann::json::object() : *items;
  document->erase("inline");
  said.text = dump_json(*document);
  auto manifest = replica::read_manifest(layer, said.text, trust);
  if (!manifest) return std::move(manifest).error();
  said.manifest = std::move(*manifest);
  auto added = add_items(layer, inline_items, said.manifest.issue.rev, said.items);
  if (!added) return std::move(added).error();
  return said;
}

Status read_chunk(const std::string& layer, std::string_view payload, std::uint64_t revision,
                  replica::Values& items) {
  const auto object = parse_json(payload);
  if (!object) return refused(layer, "a chunk is no JSON object");
  return add_items(layer, *object, revision, items);
}

}  // namespace edge::configuration
