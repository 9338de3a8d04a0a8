#include "edge/daemon/resources/app.h"

#include <algorithm>

#include "edge/base/strings.h"

namespace edge::daemon {
namespace {

constexpr std::size_t kMaxAppId = 63;        // one DNS label, as mDNS announces it
constexpr std::size_t kMaxSocketPath = 107;  // sockaddr_un

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

bool is_id_character(char c) {
  return is_alphanumeric(c) || c == '-' || c == '_';
}

// A name, an IPv4 address, or an IPv6 address without brackets.
bool is_host_character(char c) {
  return is_id_character(c) || c == '.' || c == ':' || c == '%';
}

Error expected(std::string_view what, std::string_view got, std::string_view remedy) {
  return {Code::kInvalidArgument,
          "expected " + std::string(what) + ", got " + in_quotes(got) + "; " + std::string(remedy)};
}

}  // namespace

Result<AppProtocol> parse_app_protocol(std::string_view text) {
  const std::string lower = to_lower(text);
  if (lower == "http") return AppProtocol::kHttp;
  if (lower == "https") return AppProtocol::kHttps;
  if (lower == "grpc") return AppProtocol::kGrpc;
  if (lower == "h2c" || lower == "grpcs") {
    return Error{Code::kInvalidArgument,
                 "protocol " + in_quotes(lower) + " is not supported yet; use http, https or grpc"};
  }
  return expected("http, https or grpc", text, "choose one of them");
}

std::string_view to_text(AppProtocol protocol) noexcept {
  if (protocol == AppProtocol::kGrpc) return "grpc";
  return protocol == AppProtocol::kHttps ? "https" : "http";
}

Status check_app_id(std::string_view id) {
  if (id.contains('.')) {
    return expected("an app id without dots", id, "a dot separates an id from its namespace");
  }
  if (id.empty() || id.size() > kMaxAppId || !std::ranges::all_of(id, is_id_character)) {
    return expected("an app id of 1..63 letters, digits, '-' and '_'", id, "choose another id");
  }
  return {};
}

Status check_app_address(std::string_view address) {
  if (address.starts_with("unix:")) {
    const std::string_view path = address.substr(5);
    if (path.starts_with('/') && path.size() > 1 && path.size() <= kMaxSocketPath) return {};
    return expected("unix: and an absolute path of at most 107 bytes", address,
                    "write it as unix:/run/app.sock");
  }
  if (address.contains("://")) {
    return expected("a host name or an IP address", address, "leave out the protocol");
  }
  if (std::ranges::count(address, ':') == 1) {
    return expected("a host name or an IP address", address, "write the port in its own field");
  }
  if (address.empty() || !std::ranges::all_of(address, is_host_character)) {
    return expected("a host name, an IP address or unix:/path", address,
                    "write it without blanks and brackets");
  }
  return {};
}

Status check_health_path(std::string_view path) {
  const bool clean = std::ranges::all_of(
      path, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7F; });
  if (path.starts_with('/') && clean) return {};
  return expected("a path that begins with /", path, "write it as /healthz");
}

}  // namespace edge::daemon
