#include "edge/api/http/configuration_body.h"

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/blocks/configuration/items_json.h"

namespace edge::api {
namespace {

using Json = nlohmann::json;
using blocks::append_json_text;

Error wrong(std::string what) {
  return {Code::kInvalidArgument, std::move(what)};
}

Result<configuration::Change> read_change(const std::string& key, const Json& value) {
  if (value.is_null()) return configuration::Change{key, std::nullopt};
  if (value.is_string()) return configuration::Change{key, value.get<std::string>()};
  return wrong("item \"" + key + "\" is " + std::string(value.type_name()) +
               "; a value is a text (or null, to delete the key): write it in quotes");
}

void append_side(std::string& out, std::string_view name, const std::optional<std::string>& text) {
  if (!text) return;
  if (out.back() != '{') out.push_back(',');
  append_json_text(out, name);
  out.push_back(':');
  append_json_text(out, *text);
}

void append_revision(std::string& out, const configuration::PastRevision& past) {
  out.append("{\"revision\":").append(std::to_string(past.number)).append(",\"time\":");
  append_json_text(out, to_rfc3339(past.time));
  out.append(",\"note\":");
  append_json_text(out, past.note);
  out.append(",\"changes\":{");
  for (const configuration::Difference& one : past.differences) {
    if (&one != &past.differences.front()) out.push_back(',');
    append_json_text(out, one.key);
    out.append(":{");
    append_side(out, "before", one.before);
    append_side(out, "after", one.after);
    out.push_back('}');
  }
  out.append("}}");
}

}  // namespace

Result<RevisionWish> parse_revision(std::string_view body) {
  const auto json = parse_json(body);
  if (!json) return json.error();
  const Json* items = find_member(*json, "items");
  if (items == nullptr || !items->is_object()) {
    return wrong("expected an object with \"items\", an object of keys and values");
  }
  RevisionWish wish;
  auto note = string_member(*json, "note");
  if (!note) return note.error();
  wish.note = std::move(*note).value_or("");
  for (const auto& [key, value] : items->items()) {
    auto change = read_change(key, value);
    if (!change) return change.error();
    wish.changes.push_back(std::move(*change));
  }
  return wish;
}

Result<std::uint64_t> parse_rollback(std::string_view body) {
  const auto json = parse_json(body);
  if (!json) return json.error();
  const auto number = int_member(*json, "revision");
  if (!number) return number.error();
  if (*number && **number >= 0) return static_cast<std::uint64_t>(**number);
  return wrong("expected an object with \"revision\", the number of the revision to go back to");
}

std::string history_body(const std::vector<configuration::PastRevision>& past) {
  std::string out = "{\"revisions\":[";
  for (const configuration::PastRevision& one : past) {
    if (&one != &past.front()) out.push_back(',');
    append_revision(out, one);
  }
  return out + "]}";
}

std::string written_body(const configuration::Written& written) {
  return "{\"revision\":" + std::to_string(written.revision) +
         ",\"changed\":" + std::to_string(written.changed) + "}";
}

}  // namespace edge::api
