#include "sync/core/message.h"

#include <array>
#include <cstdio>

namespace edge::sync {

std::string_view name_of(Class cls) noexcept {
  constexpr std::array<std::string_view, kClasses> kNames = {"alarm", "event", "telemetry"};
  return kNames[index_of(cls)];
}

std::string_view name_of(Loss loss) noexcept {
  constexpr std::array<std::string_view, 4> kNames = {"expired", "dropped", "refused",
                                                      "unsendable"};
  return kNames[static_cast<std::size_t>(loss)];
}

std::string to_text(Number number) {
  std::array<char, 26> text{};
  std::snprintf(text.data(), text.size(), "%08x-%016llx", number.epoch,
                static_cast<unsigned long long>(number.seq));
  return text.data();
}

namespace {

std::string joined(Class cls, std::string_view source, std::string_view topic,
                   std::string_view key) {
  std::string text;
  text.reserve(source.size() + topic.size() + key.size() + 3);
  text += static_cast<char>('0' + index_of(cls));
  text += source;
  text += '\0';
  text += topic;
  text += '\0';
  text += key;
  return text;
}

}  // namespace

std::string to_text(const StreamName& name) {
  return joined(name.cls, name.source, name.topic, name.key);
}

std::string stream_of(const Message& message) {
  return joined(message.cls, message.source, message.topic, message.key);
}

std::size_t size_of(const Message& message) noexcept {
  constexpr std::size_t kRowOverhead = 96;
  return kRowOverhead + message.source.size() + message.key.size() + message.topic.size() +
         message.type.size() + message.correlation.size() + message.attributes.size() +
         message.body.size();
}

}  // namespace edge::sync
