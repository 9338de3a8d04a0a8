#include "edge/base/json.h"

#include <limits>
#include <vector>

#include <nlohmann/json.hpp>

#include "edge/base/strings.h"

namespace edge {
namespace {

using nlohmann::json;

// Makes the tree of a text, or notes where the text stops being JSON. One parser for both, as each
// kind of reader is a parser of its own in the program.
class TreeBuilder final : public nlohmann::json_sax<json> {
 public:
  json root;
  std::size_t fault_at = 0;

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // not in a text
  bool start_object(std::size_t) override { return open(json::value_t::object); }
  bool key(string_t& name) override {
    member_ = &(*open_.back())[name];
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(json::value_t::array); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t at, const std::string&,
                   const nlohmann::detail::exception&) override {
    fault_at = at;
    return false;
  }

 private:
  // Where the next value belongs.
  json& place() {
    if (open_.empty()) return root;
    json& parent = *open_.back();
    return parent.is_array() ? parent.emplace_back() : *member_;
  }

  bool put(json value) {
    place() = std::move(value);
    return true;
  }

  bool open(json::value_t kind) {
    json& container = place();
    container = kind;
    open_.push_back(&container);
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  std::vector<json*> open_;
  json* member_ = nullptr;
};

// The index after the string that opens before `at`.
std::size_t skip_string(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return at + 1;
}

// The position, from 1, of the bracket that opens one level too many; 0 where none does.
std::size_t find_too_deep(std::string_view text, std::size_t max_depth) {
  std::size_t depth = 0;
  for (std::size_t i = text.find_first_of("[]{}\""); i < text.size();
       i = text.find_first_of("[]{}\"", i)) {
    const char c = text[i++];
    if (c == '"') {
      i = skip_string(text, i);
    } else if (c == '[' || c == '{') {
      if (++depth > max_depth) return i;
    } else if (depth > 0) {
      --depth;
    }
  }
  return 0;
}

Error wrong_type(std::string_view name, std::string_view expected) {
  return {Code::kInvalidArgument,
          "member \"" + std::string(name) + "\" is not " + std::string(expected)};
}

}  // namespace

Result<json> parse_json(std::string_view text, std::size_t max_depth) {
  if (const std::size_t at = find_too_deep(text, max_depth); at != 0) {
    return Error{Code::kInvalidArgument, "JSON nested deeper than " + std::to_string(max_depth) +
                                             " levels at byte " + std::to_string(at)};
  }
  TreeBuilder tree;
  if (json::sax_parse(text, &tree)) return std::move(tree.root);
  return Error{Code::kInvalidArgument, "invalid JSON at byte " + std::to_string(tree.fault_at)};
}

std::optional<std::string> read_json_string(std::string_view text) {
  auto value = parse_json(text, 0);
  if (!value || !value->is_string()) return std::nullopt;
  return std::move(value->get_ref<std::string&>());
}

std::string dump_json(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

const json* find_member(const json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  auto found = object.find(name);
  for (auto it = object.begin(); found == object.end() && it != object.end(); ++it) {
    if (equals_ignoring_case(it.key(), name)) found = it;
  }
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

Result<std::optional<std::string>> string_member(const json& object, std::string_view name) {
  const json* member = find_member(object, name);
  if (member == nullptr) return std::nullopt;
  if (!member->is_string()) return wrong_type(name, "a string");
  return member->get_ref<const std::string&>();
}

Result<std::optional<bool>> bool_member(const json& object, std::string_view name) {
  const json* member = find_member(object, name);
  if (member == nullptr) return std::nullopt;
  if (!member->is_boolean()) return wrong_type(name, "a boolean");
  return member->get<bool>();
}

Result<std::optional<std::int64_t>> int_member(const json& object, std::string_view name) {
  const json* member = find_member(object, name);
  if (member == nullptr) return std::nullopt;
  const bool too_large =
      member->is_number_unsigned() &&
      member->get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  if (!member->is_number_integer() || too_large) return wrong_type(name, "a 64-bit integer");
  return member->get<std::int64_t>();
}

}  // namespace edge
