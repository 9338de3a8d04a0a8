// What expressions compute with.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "edge/base/result.h"

namespace edge::blocks::cel {

struct Value;
using List = std::shared_ptr<const std::vector<Value>>;
using Map = std::shared_ptr<const std::vector<std::pair<Value, Value>>>;
using Event = const nlohmann::json*;  // a list or a map of the event

struct Value {
  using Any = std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string,
                           List, Map, Event>;
  Any any = nullptr;

  template <class T>
  [[nodiscard]] const T* as() const noexcept {
    return std::get_if<T>(&any);
  }
};

// Scalars are copied, others referred to; a number of the event is a double. Source: §3.8.
Value from_event(const nlohmann::json& json);

[[nodiscard]] bool is_number(const Value& value) noexcept;

// Values of different types are not equal, but for numbers.
bool equal(const Value& a, const Value& b);

// Below, at or above zero as a is less than, equal to or greater than b; kNever for NaN.
// Errors: kInvalidArgument for types that have no order.
enum class Order : std::uint8_t { kLess, kEqual, kGreater, kNever };
Result<Order> compare(const Value& a, const Value& b);

// Errors: no such key, index out of range, or nothing that has parts.
Result<Value> part(const Value& whole, const Value& key);
// Whether a map has a key. Errors: `whole` is no map.
Result<bool> has_key(const Value& whole, const Value& key);
// Whether a list has an element, or a map a key. Errors: `whole` is neither.
Result<bool> contains(const Value& whole, const Value& element);
// Characters or elements. Errors: the value has no size.
Result<std::int64_t> size_of(const Value& value);
// All elements of a list. Errors: `value` is no list.
Result<std::vector<Value>> elements(const Value& value);

Error no_overload(std::string_view what);

}  // namespace edge::blocks::cel
