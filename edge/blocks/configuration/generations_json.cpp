#include "edge/blocks/configuration/generations_json.h"

#include "edge/blocks/configuration/items_json.h"

namespace edge::blocks {
namespace {

void append_text(std::string& out, std::string_view name, std::string_view text) {
  out.append(",\"").append(name).append("\":");
  append_json_text(out, text);
}

void append_generation(std::string& out, const configuration::Generation& one) {
  out.append("{\"layer\":");
  append_json_text(out, one.layer);
  append_text(out, "status", one.status);
  out.append(",\"rev\":").append(std::to_string(one.revision));
  out.append(",\"served\":").append(std::to_string(one.served));
  if (one.since != WallTime()) append_text(out, "since", to_rfc3339(one.since));
  if (one.expires) append_text(out, "expires", to_rfc3339(*one.expires));
  if (one.expired) out.append(",\"expired\":true");
  if (!one.withheld.empty()) append_text(out, "sha256", one.withheld);
  if (!one.reason.empty()) append_text(out, "detail", one.reason);
  out.push_back('}');
}

}  // namespace

std::string generations_json(const std::vector<configuration::Generation>& generations) {
  std::string out = "[";
  for (const configuration::Generation& one : generations) {
    if (out.size() > 1) out.push_back(',');
    append_generation(out, one);
  }
  return out + "]";
}

std::string generations_json(const StoreGenerations& stores) {
  std::string out = "{\"stores\":{";
  for (const auto& [name, generations] : stores) {
    if (out.back() != '{') out.push_back(',');
    append_json_text(out, name);
    out.append(":").append(generations_json(generations));
  }
  return out + "}}";
}

}  // namespace edge::blocks
