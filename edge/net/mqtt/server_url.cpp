#include "edge/net/mqtt/server_url.h"

#include <optional>

#include "edge/base/strings.h"

namespace edge::mqtt {
namespace {

constexpr std::uint16_t kPlainPort = 1883;
constexpr std::uint16_t kTlsPort = 8883;

Error wrong(const char* expected) {
  return {Code::kInvalidArgument, expected};
}

// What follows is not shown in messages: it may hold a password.
Result<Transport> read_scheme(std::string_view scheme) {
  for (const std::string_view plain : {"mqtt", "tcp"}) {
    if (equals_ignoring_case(scheme, plain)) return Transport::kPlain;
  }
  for (const std::string_view secure : {"mqtts", "ssl", "tls", "tcps"}) {
    if (equals_ignoring_case(scheme, secure)) return Transport::kTls;
  }
  return wrong(
      "must begin with mqtt:// (or tcp://), or with mqtts:// (or ssl://, tls://, tcps://) for TLS");
}

Status read_login(std::string_view login, ServerUrl& url) {
  const auto colon = login.find(':');
  const auto username = percent_decode(login.substr(0, colon), PlusSign::kIsPlus);
  std::optional<std::string> password = "";
  if (colon != std::string_view::npos) {
    password = percent_decode(login.substr(colon + 1), PlusSign::kIsPlus);
  }
  if (!username || !password) return wrong("has a % in user or password: write it as %25");
  url.username = *username;
  url.password = *password;
  return {};
}

Status read_host(std::string_view text, std::uint16_t port, Address& server) {
  std::string_view host = text;
  std::string_view port_text;
  const auto colon = text.rfind(':');
  const bool literal = text.starts_with('[');
  const auto bracket = text.find(']');
  if (literal && bracket == std::string_view::npos) return wrong("has a [ without ]");
  if (colon != std::string_view::npos && (!literal || colon > bracket)) {
    host = text.substr(0, colon);
    port_text = text.substr(colon + 1);
    const auto number = parse_unsigned(port_text);
    if (!number || *number == 0 || *number > 65535) {
      return wrong("has a port that is no number from 1 to 65535");
    }
    port = static_cast<std::uint16_t>(*number);
  }
  if (literal) host = host.substr(1, bracket - 1);
  if (host.empty() || (!literal && host.find(':') != std::string_view::npos)) {
    return wrong("must name a host: mqtt://host:1883, and an IPv6 address in brackets");
  }
  server = {.host = std::string(host), .port = port};
  return {};
}

}  // namespace

Result<ServerUrl> parse_server_url(std::string_view text) {
  text = trim(text);
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return wrong("must look like mqtt://host:1883");
  const auto transport = read_scheme(text.substr(0, scheme_end));
  if (!transport) return transport.error();
  ServerUrl url{.transport = *transport};
  std::string_view rest = text.substr(scheme_end + 3);
  const auto login_end = rest.rfind('@');
  const std::size_t path_from = login_end == std::string_view::npos ? 0 : login_end;
  rest = rest.substr(0, rest.find_first_of("/?#", path_from));
  if (login_end != std::string_view::npos) {
    if (auto login = read_login(rest.substr(0, login_end), url); !login) {
      return std::move(login).error();
    }
    rest.remove_prefix(login_end + 1);
  }
  const bool secure = *transport == Transport::kTls;
  auto host = read_host(rest, secure ? kTlsPort : kPlainPort, url.server);
  if (!host) return std::move(host).error();
  return url;
}

}  // namespace edge::mqtt
