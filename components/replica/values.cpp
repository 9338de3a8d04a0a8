#include "components/replica/values.h"

namespace edge::replica {
namespace {

constexpr std::size_t kBytesPerKey = 64;

}  // namespace

std::size_t counted(std::string_view key, const Value& value) {
  return key.size() + value.text.size() + kBytesPerKey;
}

std::size_t counted(std::string_view key, const std::optional<Value>& value) {
  return value ? counted(key, *value) : 0;
}

Status check_room(std::size_t keys, std::size_t bytes, const Limits& limits) {
  if (keys > limits.keys) {
    return Error{Code::kResourceExhausted,
                 "there are " + std::to_string(keys) + " keys to take over and at most " +
                     std::to_string(limits.keys) + " are possible; choose a narrower prefix"};
  }
  if (bytes <= limits.bytes) return {};
  return Error{Code::kResourceExhausted,
               "there are " + std::to_string(bytes) + " bytes to take over and at most " +
                   std::to_string(limits.bytes >> 20) +
                   " MiB are possible, 64 bytes a key included; choose a narrower prefix"};
}

}  // namespace edge::replica
