#include "components/fields.h"

#include <charconv>
#include <utility>

#include "edge/base/strings.h"

namespace edge::components {
namespace {

std::optional<std::string_view> find(std::string_view name, const Metadata& metadata) {
  for (const auto& [key, value] : metadata) {
    if (!trim(value).empty() && equals_ignoring_case(key, name)) return value;
  }
  return std::nullopt;
}

Error wrong(const FieldInfo& info, std::string_view expected, std::string_view text) {
  return {Code::kInvalidArgument, "field \"" + std::string(info.name) + "\" must be " +
                                      std::string(expected) + ", not \"" + std::string(text) +
                                      "\""};
}

}  // namespace

Error wrong_field(std::string_view field, const std::string& expected) {
  return {Code::kInvalidArgument, "field \"" + std::string(field) + "\" " + expected};
}

Result<std::optional<std::string_view>> find_field(const FieldInfo& info,
                                                   const Metadata& metadata) {
  auto text = find(info.name, metadata);
  if (!text && !info.alias.empty()) text = find(info.alias, metadata);
  if (!text && info.need == Need::kRequired) {
    return Error{Code::kInvalidArgument, "field \"" + std::string(info.name) + "\" is required"};
  }
  if (!text && !info.fallback.empty()) text = info.fallback;
  return text;
}

Status read_value(const FieldInfo& /*info*/, std::string_view text, std::string& value) {
  value = text;
  return {};
}

Status read_value(const FieldInfo& /*info*/, std::string_view text, bool& value) {
  value = is_truthy(trim(text));
  return {};
}

Status read_value(const FieldInfo& info, std::string_view text, Duration& value) {
  const auto duration = parse_duration(trim(text));
  if (!duration) return wrong(info, "a duration such as \"30s\" or a number of seconds", text);
  value = *duration;
  return {};
}

Status read_value(const FieldInfo& info, std::string_view text, std::int64_t& value) {
  const auto digits = trim(text);
  const auto* end = digits.data() + digits.size();
  const auto [rest, failed] = std::from_chars(digits.data(), end, value);
  if (failed != std::errc() || rest != end) return wrong(info, "a whole number", text);
  return {};
}

Status read_value(const FieldInfo& info, std::string_view text, Bytes& value) {
  const auto bytes = parse_quantity(trim(text));
  if (!bytes || *bytes < 0) return wrong(info, "a size such as \"4Mi\"", text);
  value.count = *bytes;
  return {};
}

std::string to_markdown(std::span<const FieldDoc> fields) {
  std::string out = "| field | type | default | meaning |\n|---|---|---|---|\n";
  for (const auto& [info, type] : fields) {
    out += "| `" + std::string(info.name) + "`";
    if (!info.alias.empty()) out += " (`" + std::string(info.alias) + "`)";
    out += " | " + std::string(type) + " | ";
    if (info.need == Need::kRequired) {
      out += "required";
    } else if (!info.fallback.empty()) {
      out += "`" + std::string(info.fallback) + "`";
    }
    out += " | " + std::string(info.doc) + " |\n";
  }
  return out;
}

}  // namespace edge::components
