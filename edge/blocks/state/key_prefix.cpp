#include "edge/base/strings.h"
#include "edge/blocks/state/state_block.h"

namespace edge::blocks {
namespace {

constexpr std::string_view kSeparator = "||";

}  // namespace

Result<KeyPrefix> KeyPrefix::parse(std::string_view text, std::string_view component) {
  KeyPrefix prefix;
  const std::string lower = to_lower(text);
  if (text.empty() || lower == "appid") return prefix;
  if (lower == "none") {
    prefix.kind_ = Kind::kNone;
  } else if (lower == "namespace") {
    prefix.kind_ = Kind::kNamespace;
  } else if (text.find(kSeparator) != std::string_view::npos) {
    return Error{Code::kInvalidArgument,
                 "keyPrefix of " + std::string(component) + " holds '||', which separates keys"};
  } else {
    prefix.kind_ = Kind::kLiteral;
    prefix.literal_ = lower == "name" ? component : text;
  }
  return prefix;
}

std::string KeyPrefix::apply(const App& app, std::string_view key) const {
  std::string stored;
  switch (kind_) {
    case Kind::kApp:
      stored = app.id();
      break;
    case Kind::kNamespace:
      stored = app.settings().key_namespace;
      if (!stored.empty()) stored.push_back('.');
      stored.append(app.id());
      break;
    case Kind::kLiteral:
      stored = literal_;
      break;
    case Kind::kNone:
      return std::string(key);
  }
  return stored.append(kSeparator).append(key);
}

std::string KeyPrefix::strip(std::string_view stored) {
  const std::size_t at = stored.find(kSeparator);
  return std::string(at == std::string_view::npos ? stored : stored.substr(at + kSeparator.size()));
}

}  // namespace edge::blocks
