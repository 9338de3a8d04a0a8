#include "sync/core/streams.h"

#include <algorithm>
#include <utility>

namespace edge::sync {

std::string Streams::name(Class cls, std::string_view source, std::string_view key) {
  std::string text(1, static_cast<char>('0' + index_of(cls)));
  text += source;
  text += '\0';
  text += key;
  return text;
}

Stream& Streams::find(Class cls, std::string_view source, std::string_view key) {
  const auto [at, is_new] = streams_.try_emplace(name(cls, source, key));
  if (is_new) at->second.deep = std::max(deep_[index_of(cls)], forgotten_[index_of(cls)]);
  return at->second;
}

Stream& Streams::use(Class cls, std::string_view source, std::string_view key) {
  Stream& stream = find(cls, source, key);
  ++stream.users;
  return stream;
}

void Streams::forget_unused() {
  // What is forgotten may have been left in the store at any place up to its end.
  for (const auto& [name, stream] : streams_) {
    auto& deep = forgotten_[static_cast<std::size_t>(name[0] - '0')];
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
  for (const auto& found : streams) find(cls, found.source, found.key).old = found.last_row;
  for (auto& [name, stream] : streams_) {
    if (name[0] != static_cast<char>('0' + index_of(cls))) continue;
    if (stream.deep == assumed || stream.deep == 0) stream.deep = stream.old;
  }
}

void Streams::learn_nothing(Class cls) {
  for (auto& [name, stream] : streams_) {
    if (name[0] == static_cast<char>('0' + index_of(cls))) stream.old = deep_[index_of(cls)];
  }
}

}  // namespace edge::sync
