#include "edge/api/http/url_channels.h"

#include <algorithm>

#include "edge/base/strings.h"
#include "edge/net/tls/tls_dialer.h"

namespace edge::api {
namespace {

Error bad_url(std::string_view url, std::string_view what) {
  return {Code::kInvalidArgument, "invalid URL " + std::string(url) + ": " + std::string(what)};
}

// "[::1]:80", "host", "host:80". Errors: kInvalidArgument.
Status split_authority(std::string_view authority, std::string_view url, Url& out) {
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return bad_url(url, "']' is missing");
    out.host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
  } else {
    const std::size_t colon = authority.find(':');
    out.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) port = authority.substr(colon);
  }
  if (out.host.empty()) return bad_url(url, "it names no host");
  if (port.empty()) return {};
  const auto number = parse_unsigned(port.substr(1));
  if (port[0] != ':' || !number || *number == 0 || *number > 65535) {
    return bad_url(url, "the port must be 1 to 65535");
  }
  out.port = static_cast<std::uint16_t>(*number);
  return {};
}

bool has_forbidden(std::string_view url) {
  return std::any_of(url.begin(), url.end(), [](unsigned char c) {
    return c <= 0x20 || c == 0x7f || c == '"' || c == '<' || c == '>' || c == '@';
  });
}

}  // namespace

Result<Url> parse_url(std::string_view url) {
  Url parsed;
  parsed.secure = starts_with_ignoring_case(url, "https://");
  if (!parsed.secure && !starts_with_ignoring_case(url, "http://")) {
    return bad_url(url, "it must begin with http:// or https://");
  }
  if (has_forbidden(url) || url.find_first_of("?#") != std::string_view::npos) {
    return bad_url(url, "user names, queries, blanks and control characters may not stand here");
  }
  parsed.port = parsed.secure ? 443 : 80;
  const std::string_view rest = url.substr(url.find("://") + 3);
  const std::size_t slash = rest.find('/');
  parsed.authority = rest.substr(0, slash);
  if (slash != std::string_view::npos) parsed.path = rest.substr(slash);
  while (parsed.path.ends_with('/')) parsed.path.pop_back();
  if (auto ok = split_authority(parsed.authority, url, parsed); !ok) return ok.error();
  return parsed;
}

std::unique_ptr<Dialer> url_dialer(UvLoop& loop, const Url& url,
                                   std::shared_ptr<const tls::ClientContext> tls) {
  Address address{url.host, url.port, ""};
  if (!url.secure) return socket_dialer(loop, std::move(address));
  return tls::tls_dialer(loop, std::move(address), std::move(tls));
}

Result<std::shared_ptr<blocks::Channel>> UrlChannelCache::for_url(std::string_view url) {
  const auto known = std::find_if(recent_.begin(), recent_.end(),
                                  [url](const Entry& entry) { return entry.url == url; });
  if (known != recent_.end()) {
    recent_.splice(recent_.begin(), recent_, known);
    return recent_.front().channel;
  }
  auto parsed = parse_url(url);
  if (!parsed) return parsed.error();
  HttpChannelSettings settings;
  settings.origin = std::string(url.substr(0, url.find("://") + 3)) + parsed->authority;
  settings.authority = parsed->authority;
  settings.base_path = parsed->path;
  auto channel =
      std::make_shared<HttpChannel>(loop_, url_dialer(loop_, *parsed, tls_), std::move(settings));
  recent_.push_front({std::string(url), channel});
  if (recent_.size() > kMaxChannels) recent_.pop_back();
  return channel;
}

}  // namespace edge::api
