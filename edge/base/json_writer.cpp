#include "edge/base/json_writer.h"

#include <nlohmann/json.hpp>

#include "edge/base/json.h"

namespace edge {

std::string json_text(std::string_view text) {
  return dump_json(nlohmann::json(text));
}

JsonObject& JsonObject::add_json(std::string_view name, std::string_view json) {
  if (!members_.empty()) members_ += ',';
  members_.append(1, '"').append(name).append("\":").append(json);
  return *this;
}

JsonObject& JsonObject::add(std::string_view name, std::string_view text) {
  return add_json(name, json_text(text));
}

JsonObject& JsonObject::add(std::string_view name, const char* text) {
  return add(name, std::string_view(text));
}

JsonObject& JsonObject::add(std::string_view name, bool value) {
  return add_json(name, value ? "true" : "false");
}

JsonObject& JsonObject::add(std::string_view name, double value) {
  return add_json(name, dump_json(nlohmann::json(value)));
}

JsonObject& JsonObject::add(std::string_view name, const JsonObject& value) {
  return add_json(name, value.text());
}

JsonObject& JsonObject::add(std::string_view name, const JsonArray& value) {
  return add_json(name, value.text());
}

JsonObject& JsonObject::add_all(const JsonObject& other) {
  if (!members_.empty() && !other.members_.empty()) members_ += ',';
  members_.append(other.members_);
  return *this;
}

JsonObject& JsonObject::add_signed(std::string_view name, std::int64_t value) {
  return add_json(name, std::to_string(value));
}

JsonObject& JsonObject::add_unsigned(std::string_view name, std::uint64_t value) {
  return add_json(name, std::to_string(value));
}

JsonArray& JsonArray::add_json(std::string_view json) {
  if (!elements_.empty()) elements_ += ',';
  elements_.append(json);
  return *this;
}

JsonArray& JsonArray::add(std::string_view text) {
  return add_json(json_text(text));
}

JsonArray& JsonArray::add(std::uint64_t value) {
  return add_json(std::to_string(value));
}

JsonArray& JsonArray::add(const JsonObject& value) {
  return add_json(value.text());
}

JsonArray json_array(const std::vector<std::string>& texts) {
  JsonArray array;
  for (const std::string& text : texts) array.add(text);
  return array;
}

JsonArray json_array(const std::vector<std::uint64_t>& values) {
  JsonArray array;
  for (const std::uint64_t value : values) array.add(value);
  return array;
}

JsonObject json_object(const std::map<std::string, std::string, std::less<>>& texts) {
  JsonObject object;
  for (const auto& [name, text] : texts) {
    const std::string quoted = json_text(name);
    object.add(std::string_view(quoted).substr(1, quoted.size() - 2), text);
  }
  return object;
}

}  // namespace edge
