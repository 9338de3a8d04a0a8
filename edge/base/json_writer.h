// Writes JSON text whose members stand in the order in which they are added.
//
// For answers that are put together from values: it costs a call a member, and no tree. Texts need
// no escaping before; bytes that are not UTF-8 become U+FFFD. Names are texts of ours, written as
// they stand.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace edge {

class JsonArray;

class JsonObject {
 public:
  JsonObject& add(std::string_view name, std::string_view text);
  JsonObject& add(std::string_view name, const char* text);
  JsonObject& add(std::string_view name, bool value);
  JsonObject& add(std::string_view name, double value);
  JsonObject& add(std::string_view name, const JsonObject& value);
  JsonObject& add(std::string_view name, const JsonArray& value);

  template <std::signed_integral T>
  JsonObject& add(std::string_view name, T value) {
    return add_signed(name, value);
  }
  template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
  JsonObject& add(std::string_view name, T value) {
    return add_unsigned(name, value);
  }

  // `json` is one JSON text.
  JsonObject& add_json(std::string_view name, std::string_view json);

  // The other's members after these.
  JsonObject& add_all(const JsonObject& other);

  [[nodiscard]] std::string text() const { return '{' + members_ + '}'; }

 private:
  JsonObject& add_signed(std::string_view name, std::int64_t value);
  JsonObject& add_unsigned(std::string_view name, std::uint64_t value);

  std::string members_;
};

class JsonArray {
 public:
  JsonArray& add(std::string_view text);
  JsonArray& add(std::uint64_t value);
  JsonArray& add(const JsonObject& value);

  [[nodiscard]] bool empty() const noexcept { return elements_.empty(); }
  [[nodiscard]] std::string text() const { return '[' + elements_ + ']'; }

 private:
  JsonArray& add_json(std::string_view json);

  std::string elements_;
};

JsonArray json_array(const std::vector<std::string>& texts);
JsonArray json_array(const std::vector<std::uint64_t>& values);

// Its names are texts from outside and are escaped.
JsonObject json_object(const std::map<std::string, std::string, std::less<>>& texts);

// The text between quotes.
std::string json_text(std::string_view text);

}  // namespace edge
