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

bool is_option(std::string_view connection, std::string_view name) noexcept {
  while (!connection.empty()) {
    const std::size_t comma = connection.find(',');
    if (equals_ignoring_case(trim(connection.substr(0, comma)), name)) return true;
    if (comma == std::string_view::npos) return false;
    connection.remove_prefix(comma + 1);
  }
  return false;
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

}  // namespace

std::string_view connection_options(const HeaderList& headers) noexcept {
  const auto connection = headers.find("connection");
  if (!connection || equals_ignoring_case(*connection, "keep-alive") ||
      equals_ignoring_case(*connection, "close")) {
    return {};
  }
  return *connection;
}

bool travels_with_request(const Header& header, std::string_view connection) noexcept {
  if (header.value.empty() || is_binary(header.name)) return false;
  if (!connection.empty() && is_option(connection, header.name)) return false;
  if (!may_stay(header.name.front())) return true;
  return !listed(kHopByHop, header.name) && !listed(kHubOnly, header.name);
}

bool travels_with_reply(const Header& header, std::string_view connection) noexcept {
  if (!connection.empty() && is_option(connection, header.name)) return false;
  if (!may_stay(header.name.front())) return true;
  return !listed(kHopByHop, header.name);
}

}  // namespace edge::blocks
