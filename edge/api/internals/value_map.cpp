#include "edge/api/internals/value_map.h"

#include "edge/base/strings.h"

namespace edge::api {
namespace {

// "" for what is not handed on.
std::string_view shown_name(std::string_view name) {
  if (!name.starts_with(':')) return name;
  if (name == ":authority") return "dapr-authority";
  if (name == ":method") return "dapr-method";
  if (name == ":path") return "dapr-path";
  if (name == ":scheme") return "dapr-scheme";
  return "";
}

bool is_name(std::string_view name) {
  constexpr std::string_view kSeparators = "()<>@,;:\\\"/[]?={} \t";
  if (name.empty() || name.find_first_of(kSeparators) != std::string_view::npos) return false;
  for (const char c : name) {
    if (static_cast<unsigned char>(c) >= 0x7f) return false;
  }
  return fits_line(name);
}

}  // namespace

bool fits_line(std::string_view text) noexcept {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < ' ' && c != '\t') || byte == 0x7f) return false;
  }
  return true;
}

void add_value(rpc::ValueMap& map, std::string_view name, std::string_view value) {
  if (!is_utf8(name) || !is_utf8(value)) return;
  map[std::string(name)].values.emplace_back(value);
}

HeaderList headers_of(const rpc::ValueMap& map) {
  HeaderList headers;
  for (const auto& [key, list] : map) {
    const std::string_view name = shown_name(key);
    if (!is_name(name)) continue;
    for (const std::string& value : list.values) {
      if (fits_line(value)) headers.add(name, value);
    }
  }
  return headers;
}

std::string_view last_value(const rpc::ValueMap& map, std::string_view name) {
  const auto found = map.find(name);
  const bool known = found != map.end() && !found->second.values.empty();
  return known ? std::string_view(found->second.values.back()) : "";
}

}  // namespace edge::api
