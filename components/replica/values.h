// What a replica holds of its source, and what of it changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/base/result.h"
#include "edge/base/time.h"

namespace edge::replica {

struct Value {
  std::string text;
  std::uint64_t revision = 0;  // of the source, that set it

  friend bool operator==(const Value&, const Value&) = default;
};
using Values = std::map<std::string, Value, std::less<>>;

// How far a replica has followed its source.
struct Cursor {
  std::string origin;  // which history the revisions are of; in another one they mean nothing
  std::uint64_t revision = 0;
};

// What a key becomes; without value: deleted.
struct Change {
  std::string key;
  std::optional<Value> value;
};

// What a key was and what it has become.
struct Difference {
  std::string key;
  std::optional<Value> before;
  std::optional<Value> after;
};
using Differences = std::vector<Difference>;

// What a replica takes at most: keys, and bytes as counted() counts them.
struct Limits {
  std::size_t keys = 10'000;
  std::size_t bytes = std::size_t{8} << 20;
};

// Of a key with its value, and 64 for what holding it costs.
std::size_t counted(std::string_view key, const Value& value);
std::size_t counted(std::string_view key, const std::optional<Value>& value);
// Errors: kResourceExhausted, naming the limit.
Status check_room(std::size_t keys, std::size_t bytes, const Limits& limits);

}  // namespace edge::replica
