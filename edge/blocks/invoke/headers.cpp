#include "edge/blocks/invoke/headers.h"

#include <algorithm>
#include <array>

namespace edge::blocks {
namespace {

// Of one hop, or of the framing that each hop does for itself.
constexpr std::array kHopByHop = std::to_array<std::string_view>({
    "connection",
    "content-length",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
});

// The hub's own business with the caller.
constexpr std::array kHubOnly = std::to_array<std::string_view>({
    "dapr-api-token",
    "dapr-app-id",
    "dapr-callee-app-id",
    "dapr-caller-app-id",
    "dapr-caller-namespace",
    "destination-app-id",
    "expect",
    "host",
});

template <std::size_t N>
bool listed(const std::array<std::string_view, N>& names, std::string_view name) noexcept {
  return std::any_of(names.begin(), names.end(), [name](std::string_view entry) {
    return entry.size() == name.size() && equals_ignoring_case(entry, name);
  });
}

bool is_option(const ConnectionOptions& connection, std::string_view name) noexcept {
  return std::any_of(connection.begin(), connection.end(), [name](std::string_view option) {
    return equals_ignoring_case(option, name);
  });
}

bool is_binary(std::string_view name) noexcept {
  return name.size() > 4 && equals_ignoring_case(name.substr(name.size() - 4), "-bin");
}

// First letters of every name that may stay behind: most headers are cleared by this alone.
bool may_stay(char first) noexcept {
  switch (ascii_lower(first)) {
    case 'c':
    case 'd':
    case 'e':
    case 'h':
    case 'k':
    case 'p':
    case 't':
    case 'u':
      return true;
    default:
      return false;
  }
}

void add_options(std::string_view list, ConnectionOptions& options) {
  for (const auto part : split(list, ',')) {
    const auto option = trim(part);
    if (equals_ignoring_case(option, "keep-alive") || equals_ignoring_case(option, "close")) {
      continue;
    }
    options.push_back(option);
  }
}

}  // namespace

ConnectionOptions connection_options(const HeaderList& headers) {
  ConnectionOptions options;
  for (const Header& header : headers) {
    if (header.name.size() != 10 || !equals_ignoring_case(header.name, "connection")) continue;
    add_options(header.value, options);
  }
  return options;
}

bool travels_with_request(const Header& header, const ConnectionOptions& connection) noexcept {
  if (header.value.empty() || is_binary(header.name)) return false;
  if (is_option(connection, header.name)) return false;
  if (!may_stay(header.name.front())) return true;
  return !listed(kHopByHop, header.name) && !listed(kHubOnly, header.name);
}

bool travels_with_reply(const Header& header, const ConnectionOptions& connection) noexcept {
  if (is_option(connection, header.name)) return false;
  if (!may_stay(header.name.front())) return true;
  return !listed(kHopByHop, header.name);
}

}  // namespace edge::blocks
