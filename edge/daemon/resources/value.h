// A text that stands in a resource, or that the resource refers to.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "edge/daemon/resources/source.h"

namespace edge::daemon {

// Nothing where the variable is not set.
using EnvLookup = std::function<std::optional<std::string>(const std::string& name)>;

// The environment of this process.
std::optional<std::string> process_environment(const std::string& name);

// May be a secret: no message ever shows `text`.
struct Value {
  enum class From : std::uint8_t { kText, kSecret, kEnvironment };

  From from = From::kText;
  std::string text;      // of a reference: "" until it is resolved
  bool resolved = true;  // false for a reference that was not looked up yet
  std::string secret;    // kSecret: the secret's name
  std::string key;       // kSecret: which of its values; the name again where none is given
  std::string variable;  // kEnvironment
  Source source;
  std::string field;  // "spec.metadata[redisPassword]"
};

}  // namespace edge::daemon
