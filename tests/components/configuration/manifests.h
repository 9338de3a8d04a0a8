// What a broker keeps of configuration.mqtt's layers, as whoever administers them would write it.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "components/configuration/manifest_reader.h"
#include "components/replica/guard.h"
#include "edge/base/json.h"
#include "edge/base/strings.h"
#include "edge/net/tls/hmac.h"

namespace edge::configuration {

using Texts = std::map<std::string, std::string>;

inline nlohmann::json manifest(const std::string& layer, int rev, const Texts& items) {
  replica::Values values;
  for (const auto& [key, text] : items) values[key] = {text, 1};
  return {{"layer", layer}, {"epoch", 1}, {"rev", rev}, {"sha256", replica::digest_of(values)}};
}

inline std::string whole(const std::string& layer, int rev, const Texts& items) {
  nlohmann::json text = manifest(layer, rev, items);
  text["inline"] = items;
  return dump_json(text);
}

// A manifest of two chunks, each with one item or more.
struct Chunked {
  Chunked(const std::string& layer, int rev, const Texts& one, const Texts& other) {
    Texts all = one;
    all.insert(other.begin(), other.end());
    nlohmann::json text = manifest(layer, rev, all);
    for (const Texts& part : {one, other}) {
      const std::string chunk = dump_json(nlohmann::json(part));
      const std::string hash = hex_encode(tls::sha256(chunk));
      text["chunks"].push_back(hash);
      chunks.emplace_back(chunk_topic(layer, hash), chunk);
    }
    said = dump_json(text);
  }
  std::string said;
  std::vector<std::pair<std::string, std::string>> chunks;  // topics and payloads
};

}  // namespace edge::configuration
