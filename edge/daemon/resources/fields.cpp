#include "edge/daemon/resources/fields.h"

#include <algorithm>
#include <charconv>

#include "edge/base/strings.h"
#include "edge/daemon/resources/closest.h"

namespace edge::daemon {
namespace {

using yaml::Node;

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<bool> parse_bool(std::string_view text) {
  const std::string lower = to_lower(text);
  if (lower == "true" || lower == "yes" || lower == "on") return true;
  if (lower == "false" || lower == "no" || lower == "off") return false;
  return std::nullopt;
}

// Stands for a map that is not there.
const Node& absent() {
  static const Node nothing;
  return nothing;
}

std::string range_text(Range range) {
  if (range.min == INT32_MIN && range.max == INT32_MAX) return "a whole number";
  return std::to_string(range.min) + ".." + std::to_string(range.max);
}

}  // namespace

Fields::Fields(const Reading& reading, const Node& node, std::string path)
    : reading_(&reading), node_(&node), path_(std::move(path)) {
  if (!is_present() || is_map()) return;
  reading.problems->add(source(), path_,
                        "expected a map, got " + std::string(yaml::kind_name(node)) +
                            "; write lines of the form name: value");
}

bool Fields::is_present() const {
  return node_ != &absent();
}

std::string Fields::path(std::string_view name) const {
  if (name.empty()) return path_;
  return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

const Node* Fields::find(std::string_view name) {
  if (std::ranges::find(asked_, name) == asked_.end()) asked_.push_back(name);
  const auto same = [&](const yaml::Key& key) { return equals_ignoring_case(key.name, name); };
  const auto found = std::ranges::find_if(node_->keys, same);
  if (found == node_->keys.end()) return nullptr;
  const Node& node = node_->items[static_cast<std::size_t>(found - node_->keys.begin())];
  return node.kind == Node::Kind::kNull ? nullptr : &node;
}

Source Fields::source(std::string_view name) {
  const Node* node = find(name);
  return {reading_->file, node == nullptr ? node_->line : node->line};
}

void Fields::problem(std::string_view name, std::string_view message) {
  const Source at = name.empty() ? source() : source(name);
  reading_->problems->add(at, path(name), message);
}

const std::string* Fields::scalar(std::string_view name) {
  const Node* node = find(name);
  if (node == nullptr) return nullptr;
  if (node->kind == Node::Kind::kScalar) return &node->text;
  problem(name, "expected one value, got " + std::string(yaml::kind_name(*node)) +
                    "; write it on the field's own line");
  return nullptr;
}

bool Fields::read(std::string_view name, std::string& target) {
  const std::string* text = scalar(name);
  if (text != nullptr) target = *text;
  return text != nullptr;
}

bool Fields::require(std::string_view name, std::string& target, std::string_view remedy) {
  if (!is_map()) return false;
  const Node* node = find(name);
  const bool empty = node != nullptr && node->kind == Node::Kind::kScalar && node->text.empty();
  if (node != nullptr && !empty) return read(name, target);
  problem(name, (empty ? "empty; " : "missing; ") + std::string(remedy));
  return false;
}

bool Fields::read(std::string_view name, bool& target) {
  const std::string* text = scalar(name);
  if (text == nullptr) return false;
  const auto value = parse_bool(*text);
  if (value) {
    target = *value;
  } else {
    problem(name, "expected true or false, got " + in_quotes(*text));
  }
  return value.has_value();
}

bool Fields::read(std::string_view name, std::optional<bool>& target) {
  bool value = false;
  if (!read(name, value)) return false;
  target = value;
  return true;
}

bool Fields::read(std::string_view name, Range range, std::int64_t& target) {
  const std::string* text = scalar(name);
  if (text == nullptr) return false;
  const auto value = parse_integer(*text);
  const bool fits = value && *value >= range.min && *value <= range.max;
  if (fits) {
    target = *value;
  } else {
    problem(name, "expected " + range_text(range) + ", got " + in_quotes(*text) +
                      (value ? "; choose one within" : "; write a number"));
  }
  return fits;
}

bool Fields::read(std::string_view name, std::optional<std::uint16_t>& port) {
  std::int64_t value = 0;
  if (!read(name, Range{1, 65535}, value)) return false;
  port = static_cast<std::uint16_t>(value);
  return true;
}

bool Fields::read(std::string_view name, Duration& target) {
  const std::string* text = scalar(name);
  if (text == nullptr) return false;
  const auto value = parse_duration(*text);
  const bool fits = value && *value > Duration::zero();
  if (fits) {
    target = *value;
  } else {
    problem(name, "expected a duration over 0, got " + in_quotes(*text) +
                      "; write one such as 5s, 500ms or 1m30s");
  }
  return fits;
}

bool Fields::read(std::string_view name, std::vector<std::string>& target) {
  const Node* node = find(name);
  if (node == nullptr) return false;
  const auto is_text = [](const Node& item) { return item.kind == Node::Kind::kScalar; };
  if (node->kind != Node::Kind::kList || !std::ranges::all_of(node->items, is_text)) {
    problem(name, "expected a list of texts; write it as [one, two]");
    return false;
  }
  target.clear();
  for (const Node& item : node->items) target.push_back(item.text);
  return true;
}

std::size_t Fields::fingerprint() const {
  return std::hash<std::string>{}(yaml::to_json_text(*node_));
}

void Fields::read_all(std::vector<std::pair<std::string, std::string>>& target) {
  for (std::size_t i = 0; i < node_->keys.size(); ++i) {
    asked_.push_back(node_->keys[i].name);
    target.emplace_back(node_->keys[i].name, yaml::to_plain_text(node_->items[i]));
  }
}

Fields Fields::map(std::string_view name, Need need) {
  const Node* node = find(name);
  if (node != nullptr) return {*reading_, *node, path(name)};
  if (need == Need::kRequired) problem(name, "missing; add it with its fields below");
  return {*reading_, absent(), path(name)};
}

void Fields::each(std::string_view name, const std::function<void(Fields&)>& take) {
  const Node* node = find(name);
  if (node == nullptr) return;
  if (node->kind != Node::Kind::kList) {
    problem(name, "expected a list, got " + std::string(yaml::kind_name(*node)) +
                      "; begin each item with a dash");
    return;
  }
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    Fields item(*reading_, node->items[i], path(name) + "[" + std::to_string(i) + "]");
    take(item);
  }
}

std::vector<Fields::Unknown> Fields::unknown() const {
  std::vector<Unknown> out;
  for (const yaml::Key& key : node_->keys) {
    const auto same = [&](std::string_view name) { return equals_ignoring_case(key.name, name); };
    if (std::ranges::any_of(asked_, same)) continue;
    const std::string_view near = closest(key.name, asked_);
    out.push_back({.path = path(key.name),
                   .hint = near.empty() ? "" : "; did you mean " + std::string(near) + "?",
                   .source = {reading_->file, key.line}});
  }
  return out;
}

void Fields::refuse_unknown() {
  for (const Unknown& field : unknown()) {
    const std::string remedy = field.hint.empty() ? "; remove it" : field.hint;
    reading_->problems->add(field.source, field.path, "unknown field" + remedy);
  }
}

}  // namespace edge::daemon
