#include "edge/blocks/configuration/items_json.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"

namespace edge::blocks {
namespace {

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return c >= ' ' && c < 0x7F && c != '"' && c != '\\'; });
}

// ,"name":
void append_name(std::string& out, std::string_view name) {
  if (out.back() != '{') out.push_back(',');
  append_json_text(out, name);
  out.push_back(':');
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
  append_name(out, name);
  append_json_text(out, text);
}

void append_item(std::string& out, const configuration::Item& item) {
  out.push_back('{');
  if (!item.value.empty()) append_member(out, "value", item.value);
  if (!item.version.empty()) append_member(out, "version", item.version);
  if (!item.metadata.empty()) {
    append_name(out, "metadata");
    out.push_back('{');
    for (const auto& [name, value] : item.metadata) append_member(out, name, value);
    out.push_back('}');
  }
  out.push_back('}');
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  if (!is_plain(text)) {
    out.append(dump_json(text));
    return;
  }
  out.push_back('"');
  out.append(text);
  out.push_back('"');
}

std::string items_json(const configuration::Items& items) {
  std::string out = "{";
  for (const auto& [key, item] : items) {
    append_name(out, key);
    append_item(out, item);
  }
  out.push_back('}');
  return out;
}

}  // namespace edge::blocks
