// HttpChannel: calls an app, or a URL, over HTTP/1.1. Source: wire reference §1.4, §1.5.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "edge/blocks/apps/health.h"
#include "edge/blocks/invoke/channel.h"
#include "edge/net/http1/client_pool.h"
#include "edge/observe/meters.h"

namespace edge::api {

struct HttpChannelSettings {
  std::string origin;     // "http://127.0.0.1:9001": for error texts
  std::string authority;  // the Host header
  std::string base_path;  // before each call's path; "" or "/base"
  std::string app_token;  // sent to this app as dapr-api-token; "" none
  std::vector<std::pair<std::string, std::string>> headers;  // set over the caller's
  std::string hub_headers;  // whole lines for a callee that is told who calls through whom
  http1::PoolLimits limits;
  std::shared_ptr<observe::AppMeter> meter;  // of the app that is called; null where none is
};

// Shared: a reply keeps the channel that its connection belongs to.
class HttpChannel final : public blocks::Channel, public std::enable_shared_from_this<HttpChannel> {
 public:
  HttpChannel(UvLoop& loop, std::unique_ptr<Dialer> dialer, HttpChannelSettings settings);

  Task<Result<std::unique_ptr<blocks::Reply>>> call(Ctx ctx, const blocks::Call* call) override;

 private:
  // Appended to `head`.
  void make_head(std::string& head, const blocks::Call& call) const;
  void append_headers(std::string& head, const blocks::Call& call) const;
  [[nodiscard]] bool overridden(std::string_view name) const noexcept;
  [[nodiscard]] Error describe(const blocks::Call& call, const Error& error, Code code) const;

  Loop& loop_;
  HttpChannelSettings settings_;
  std::string fixed_;  // header lines that every request begins with
  http1::ClientPool pool_;
};

// The app's channel as the table of apps holds it.
std::unique_ptr<blocks::Channel> share(std::shared_ptr<blocks::Channel> channel);

// Probes `path` of an app; 2xx is well. Carries no token. Source: wire reference §13.5.
class HttpProbe final : public blocks::HealthProbe {
 public:
  HttpProbe(std::shared_ptr<HttpChannel> channel, std::string path)
      : channel_(std::move(channel)), path_(std::move(path)) {}
  // Counts probes in `meter` from now on.
  void count_in(const Clock& clock, std::shared_ptr<observe::AppMeter> meter) noexcept {
    clock_ = &clock;
    meter_ = std::move(meter);
  }
  Task<Status> probe(Ctx ctx) override;

 private:
  void count(int status, TimePoint began) const;

  const Clock* clock_ = nullptr;
  std::shared_ptr<observe::AppMeter> meter_;
  std::shared_ptr<HttpChannel> channel_;
  std::string path_;
};

// What tells a callee who calls through this hub: Forwarded, X-Forwarded-For, -Host.
std::vector<std::pair<std::string, std::string>> forwarded_fields(std::string_view host_ip,
                                                                  std::string_view host_name);
// The same as lines.
std::string forwarded_headers(std::string_view host_ip, std::string_view host_name);

}  // namespace edge::api
