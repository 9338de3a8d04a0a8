// Channels to URLs: one for each origin that was called lately.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>

#include "edge/api/http/http_channel.h"
#include "edge/net/tls/context.h"

namespace edge::api {

// "https://host:8443/base" taken apart.
struct Url {
  bool secure = false;
  std::string host;  // without brackets
  std::uint16_t port = 80;
  std::string authority;  // "host:8443", as a Host header says it
  std::string path;       // "" or "/base", without a slash at the end
};

// Errors: kInvalidArgument, with what is wrong.
Result<Url> parse_url(std::string_view url);

// A way to open connections for a URL. `tls` is used where it is secure.
std::unique_ptr<Dialer> url_dialer(UvLoop& loop, const Url& url,
                                   std::shared_ptr<const tls::ClientContext> tls);

class UrlChannelCache final : public blocks::UrlChannels {
 public:
  // `tls` judges servers by the system's CAs.
  UrlChannelCache(UvLoop& loop, std::shared_ptr<const tls::ClientContext> tls)
      : loop_(loop), tls_(std::move(tls)) {}

  Result<std::shared_ptr<blocks::Channel>> for_url(std::string_view url) override;

 private:
  // An app may call ever new URLs; channels with their connections must not pile up.
  static constexpr std::size_t kMaxChannels = 64;
  struct Entry {
    std::string url;
    std::shared_ptr<HttpChannel> channel;
  };

  UvLoop& loop_;
  std::shared_ptr<const tls::ClientContext> tls_;
  std::list<Entry> recent_;  // the most recent first
};

}  // namespace edge::api
