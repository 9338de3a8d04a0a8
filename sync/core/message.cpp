#include "sync/core/message.h"

#include <array>
#include <cstdio>

namespace edge::sync {

std::string_view name_of(Class cls) noexcept {
  constexpr std::array<std::string_view, kClasses> kNames = {"alarm", "event", "telemetry"};
  return kNames[index_of(cls)];
}

std::string_view name_of(Loss loss) noexcept {
  constexpr std::array<std::string_view, 3> kNames = {"expired", "dropped", "refused"};
  return kNames[static_cast<std::size_t>(loss)];
}

std::string to_text(Number number) {
  std::array<char, 26> text{};
  std::snprintf(text.data(), text.size(), "%08x-%016llx", number.epoch,
                static_cast<unsigned long long>(number.seq));
  return text.data();
}

std::size_t size_of(const Message& message) noexcept {
  constexpr std::size_t kRowOverhead = 96;
  return kRowOverhead + message.source.size() + message.key.size() + message.topic.size() +
         message.type.size() + message.correlation.size() + message.attributes.size() +
         message.body.size();
}

}  // namespace edge::sync
