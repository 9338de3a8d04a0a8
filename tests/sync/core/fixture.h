// Helpers for tests of the machines: moments, messages, and a store that answers at once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sync/core/engine.h"

namespace edge::sync::test {

inline Now at(std::int64_t ms) {
  return {.hub = HubTime(ms), .awake = HubTime(ms), .wall = HubClock::kSet + HubTime(ms)};
}

inline Message message(Class cls, std::string source, std::string body = "x") {
  return {.cls = cls, .source = std::move(source), .topic = "t", .body = std::move(body)};
}

template <class T>
std::vector<T> all(const Actions& actions) {
  std::vector<T> found;
  for (const Action& action : actions) {
    if (const auto* one = std::get_if<T>(&action)) found.push_back(*one);
  }
  return found;
}

template <class T>
std::vector<T> all(const std::vector<Write>& writes) {
  std::vector<T> found;
  for (const Write& write : writes) {
    if (const auto* one = std::get_if<T>(&write)) found.push_back(*one);
  }
  return found;
}

}  // namespace edge::sync::test
