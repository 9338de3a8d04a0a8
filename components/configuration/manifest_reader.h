// What the broker keeps of a layer: a manifest with the layer's items, or with what chunks of them
// are called.
//
// A manifest is retained at "e1/c/LAYER": the object of replica/manifest.h, and besides either
// "inline", an object of keys and texts, or "chunks", the SHA-256 of each chunk in hexadecimal. A
// chunk is an object of keys and texts, too, retained at "e1/c/LAYER/" and the first 16 digits of
// its SHA-256. Source: sync reference §4.4, §7.1.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "components/replica/manifest.h"
#include "components/replica/values.h"

namespace edge::configuration {

inline constexpr std::size_t kMostChunks = 512;

struct Announcement {
  replica::Manifest manifest;
  std::string text;                 // of it, without its items
  replica::Values items;            // that stand in it
  std::vector<std::string> chunks;  // none: these are all
};

std::string manifest_topic(const std::string& layer);
std::string chunk_topic(const std::string& layer, const std::string& sha256);

// Errors: kPermissionDenied, with the layer and the reason.
Result<Announcement> read_announcement(const std::string& layer, std::string_view payload,
                                       const replica::TrustRef& trust);

// Adds a chunk's items. Errors: as before.
Status read_chunk(const std::string& layer, std::string_view payload, std::uint64_t revision,
                  replica::Values& items);

}  // namespace edge::configuration
