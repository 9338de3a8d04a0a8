#include "edge/blocks/pubsub/cel/value.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <nlohmann/json.hpp>

namespace edge::blocks::cel {
namespace {

using Json = nlohmann::json;

template <class T>
Order order_of(const T& a, const T& b) {
  if (a < b) return Order::kLess;
  if (b < a) return Order::kGreater;
  return a == b ? Order::kEqual : Order::kNever;
}

Order reversed(Order order) {
  if (order == Order::kLess) return Order::kGreater;
  return order == Order::kGreater ? Order::kLess : order;
}

// Exact, also where the whole number has more digits than a double.
template <class Whole>
Order order_of_mixed(Whole whole, double real) {
  if (std::isnan(real)) return Order::kNever;
  const double least = static_cast<double>(std::numeric_limits<Whole>::min());
  const double past = std::ldexp(1.0, std::numeric_limits<Whole>::digits);
  if (real >= past) return Order::kLess;
  if (real < least) return Order::kGreater;
  const double floor = std::floor(real);
  const Order order = order_of(whole, static_cast<Whole>(floor));
  return order == Order::kEqual && real > floor ? Order::kLess : order;
}

Order order_of_numbers(const Value& a, const Value& b) {
  if (const auto* x = a.as<double>()) {
    if (const auto* y = b.as<double>()) return order_of(*x, *y);
    return reversed(order_of_numbers(b, a));
  }
  if (const auto* x = a.as<std::int64_t>()) {
    if (const auto* y = b.as<std::int64_t>()) return order_of(*x, *y);
    if (const auto* y = b.as<double>()) return order_of_mixed(*x, *y);
    if (*x < 0) return Order::kLess;
    return order_of(static_cast<std::uint64_t>(*x), *b.as<std::uint64_t>());
  }
  const auto* x = a.as<std::uint64_t>();
  if (const auto* y = b.as<std::uint64_t>()) return order_of(*x, *y);
  if (const auto* y = b.as<double>()) return order_of_mixed(*x, *y);
  return reversed(order_of_numbers(b, a));
}

bool is_list(const Value& value) {
  const auto* event = value.as<Event>();
  return value.as<List>() != nullptr || (event != nullptr && (*event)->is_array());
}

bool is_map(const Value& value) {
  const auto* event = value.as<Event>();
  return value.as<Map>() != nullptr || (event != nullptr && (*event)->is_object());
}

std::vector<std::pair<Value, Value>> entries(const Value& map) {
  if (const auto* own = map.as<Map>()) return **own;
  std::vector<std::pair<Value, Value>> all;
  for (const auto& [key, value] : (*map.as<Event>())->items()) {
    all.emplace_back(Value{key}, from_event(value));
  }
  return all;
}

bool equal_lists(const Value& a, const Value& b) {
  const auto left = elements(a);
  const auto right = elements(b);
  return std::equal(left->begin(), left->end(), right->begin(), right->end(), equal);
}

std::optional<Value> find(const Value& map, const Value& key) {
  if (const auto* own = map.as<Map>()) {
    for (const auto& [known, value] : **own) {
      if (equal(known, key)) return value;
    }
    return std::nullopt;
  }
  const auto* name = key.as<std::string>();
  if (name == nullptr) return std::nullopt;
  const Json& object = **map.as<Event>();
  const auto found = object.find(*name);
  if (found == object.end()) return std::nullopt;
  return from_event(*found);
}

bool equal_maps(const Value& a, const Value& b) {
  const auto left = entries(a);
  if (left.size() != entries(b).size()) return false;
  return std::all_of(left.begin(), left.end(), [&b](const auto& entry) {
    const auto other = find(b, entry.first);
    return other && equal(entry.second, *other);
  });
}

// Which element a number means; nothing where it is none of them.
std::optional<std::size_t> index_of(const Value& key, std::size_t size) {
  const Value end{static_cast<std::uint64_t>(size)};
  if (!is_number(key) || order_of_numbers(key, end) != Order::kLess) return std::nullopt;
  if (order_of_numbers(key, Value{std::uint64_t{0}}) == Order::kLess) return std::nullopt;
  if (const auto* whole = key.as<std::int64_t>()) return static_cast<std::size_t>(*whole);
  if (const auto* whole = key.as<std::uint64_t>()) return static_cast<std::size_t>(*whole);
  const double real = *key.as<double>();
  if (real != std::floor(real)) return std::nullopt;
  return static_cast<std::size_t>(real);
}

std::string shown(const Value& key) {
  const auto* name = key.as<std::string>();
  return name == nullptr ? "" : ": " + *name;
}

}  // namespace

Value from_event(const Json& json) {
  switch (json.type()) {
    case Json::value_t::boolean:
      return {json.get<bool>()};
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
      return {json.get<double>()};
    case Json::value_t::string:
      return {json.get_ref<const std::string&>()};
    case Json::value_t::array:
    case Json::value_t::object:
      return {&json};
    default:
      return {};
  }
}

bool is_number(const Value& value) noexcept {
  return value.as<std::int64_t>() != nullptr || value.as<std::uint64_t>() != nullptr ||
         value.as<double>() != nullptr;
}

bool equal(const Value& a, const Value& b) {
  if (is_number(a) && is_number(b)) return order_of_numbers(a, b) == Order::kEqual;
  if (is_list(a) && is_list(b)) return equal_lists(a, b);
  if (is_map(a) && is_map(b)) return equal_maps(a, b);
  if (const auto* x = a.as<std::string>()) {
    const auto* y = b.as<std::string>();
    return y != nullptr && *x == *y;
  }
  if (const auto* x = a.as<bool>()) {
    const auto* y = b.as<bool>();
    return y != nullptr && *x == *y;
  }
  return a.as<std::nullptr_t>() != nullptr && b.as<std::nullptr_t>() != nullptr;
}

Result<Order> compare(const Value& a, const Value& b) {
  if (is_number(a) && is_number(b)) return order_of_numbers(a, b);
  const auto* text = a.as<std::string>();
  const auto* other = b.as<std::string>();
  if (text != nullptr && other != nullptr) return order_of(*text, *other);
  const auto* x = a.as<bool>();
  const auto* y = b.as<bool>();
  if (x != nullptr && y != nullptr) return order_of(*x, *y);
  return no_overload("comparison");
}

Result<Value> part(const Value& whole, const Value& key) {
  if (is_map(whole)) {
    auto found = find(whole, key);
    if (found) return std::move(*found);
    return Error{Code::kInvalidArgument, "no such key" + shown(key)};
  }
  if (!is_list(whole)) return no_overload("field or index");
  const auto* event = whole.as<Event>();
  const std::size_t size = event != nullptr ? (*event)->size() : (*whole.as<List>())->size();
  const auto index = index_of(key, size);
  if (!index) return Error{Code::kInvalidArgument, "index out of range"};
  return event != nullptr ? from_event((**event)[*index]) : (**whole.as<List>())[*index];
}

Result<bool> has_key(const Value& whole, const Value& key) {
  if (!is_map(whole)) return no_overload("has");
  return find(whole, key).has_value();
}

Result<bool> contains(const Value& whole, const Value& element) {
  if (is_map(whole)) return find(whole, element).has_value();
  const auto all = elements(whole);
  if (!all) return no_overload("in");
  return std::any_of(all->begin(), all->end(),
                     [&element](const Value& one) { return equal(one, element); });
}

Result<std::int64_t> size_of(const Value& value) {
  if (const auto* text = value.as<std::string>()) {
    const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
    return std::count_if(text->begin(), text->end(), begins);
  }
  if (const auto* list = value.as<List>()) return static_cast<std::int64_t>((*list)->size());
  if (const auto* map = value.as<Map>()) return static_cast<std::int64_t>((*map)->size());
  if (const auto* event = value.as<Event>()) return static_cast<std::int64_t>((*event)->size());
  return no_overload("size");
}

Result<std::vector<Value>> elements(const Value& value) {
  if (const auto* own = value.as<List>()) return **own;
  if (!is_list(value)) return no_overload("list");
  std::vector<Value> all;
  for (const Json& element : **value.as<Event>()) all.push_back(from_event(element));
  return all;
}

Error no_overload(std::string_view what) {
  return {Code::kInvalidArgument, "no such overload: " + std::string(what)};
}

}  // namespace edge::blocks::cel
