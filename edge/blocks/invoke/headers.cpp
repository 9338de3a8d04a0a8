#include "edge/blocks/invoke/headers.h"

#include <algorithm>
#include <array>
#include <cstdint>

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
    kHopHeader,
});

// The lengths that names have, a bit each: most headers are cleared by this alone.
template <std::size_t N>
constexpr std::uint32_t lengths(const std::array<std::string_view, N>& names) {
  std::uint32_t bits = 0;
  for (const auto name : names) bits |= 1U << name.size();
  return bits;
}

template <const auto& kNames>
bool listed(std::string_view name) noexcept {
  static constexpr std::uint32_t kLengths = lengths(kNames);
  if (name.size() >= 32 || (kLengths >> name.size() & 1U) == 0) return false;
  return std::any_of(kNames.begin(), kNames.end(),
                     [name](std::string_view entry) { return equals_ignoring_case(entry, name); });
}

bool is_option(const ConnectionOptions& connection, std::string_view name) noexcept {
  if (connection.empty()) return false;
  return std::any_of(connection.begin(), connection.end(), [name](std::string_view option) {
    return equals_ignoring_case(option, name);
  });
}

bool is_binary(std::string_view name) noexcept {
  return name.size() > 4 && equals_ignoring_case(name.substr(name.size() - 4), "-bin");
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
    if (equals_ignoring_case(header.name, "connection")) add_options(header.value, options);
  }
  return options;
}

bool travels_with_request(const Header& header, const ConnectionOptions& connection) noexcept {
  if (header.value.empty() || is_binary(header.name)) return false;
  return !is_option(connection, header.name) && !listed<kHopByHop>(header.name) &&
         !listed<kHubOnly>(header.name);
}

bool travels_with_reply(const Header& header, const ConnectionOptions& connection) noexcept {
  return !is_option(connection, header.name) && !listed<kHopByHop>(header.name);
}

}  // namespace edge::blocks
