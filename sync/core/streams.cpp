#include "sync/core/streams.h"

#include <algorithm>
#include <utility>

namespace edge::sync {

namespace {

std::size_t class_of(const std::string& name) noexcept {
  return static_cast<std::size_t>(name[0] - '0');
}

}  // namespace

Stream& Streams::find(const std::string& name) {
  const auto [at, is_new] = streams_.try_emplace(name);
  if (is_new) at->second.deep = std::max(deep_[class_of(name)], forgotten_[class_of(name)]);
  return at->second;
}

Stream& Streams::use(const std::string& name) {
  Stream& stream = find(name);
  ++stream.users;
  return stream;
}

void Streams::forget_unused() {
  // What is forgotten may have been left in the store at any place up to its end.
  for (const auto& [name, stream] : streams_) {
    auto& deep = forgotten_[class_of(name)];
    if (stream.users == 0) deep = std::max(deep, stream.deep);
  }
  std::erase_if(streams_, [](const auto& entry) { return entry.second.users == 0; });
  begin_epoch();
}

void Streams::begin_epoch() {
  for (auto& [name, stream] : streams_) stream.last = 0;
}

void Streams::learn(Class cls, const std::vector<Scanned::Stream>& streams) {
  const std::int64_t assumed = std::exchange(deep_[index_of(cls)], 0);
  for (const auto& found : streams) find(to_text(found.name)).old = found.last_row;
  for (auto& [name, stream] : streams_) {
    if (class_of(name) != index_of(cls)) continue;
    if (stream.deep == assumed || stream.deep == 0) stream.deep = stream.old;
  }
}

void Streams::learn_nothing(Class cls) {
  for (auto& [name, stream] : streams_) {
    if (class_of(name) == index_of(cls)) stream.old = deep_[index_of(cls)];
  }
}

}  // namespace edge::sync
