// The HTTP API on one listener: decides whose request it is and hands it to its route.
#pragma once

#include <memory>
#include <string>

#include "edge/api/caller.h"
#include "edge/api/http/request.h"
#include "edge/api/http/routes.h"
#include "edge/net/http1/server.h"

namespace edge::api {

// Source: wire reference §0.1, §17.1; design: per-app identity on one hub.
class ApiHandler final : public http1::Handler {
 public:
  // `services` outlives the handler.
  ApiHandler(Services& services, ListenerIdentity identity)
      : services_(services), identity_(std::move(identity)) {}

  Task<void> handle(Ctx ctx, http1::ServerExchange* exchange) override;

 private:
  Task<void> route(Ctx ctx, Request* request);
  Task<void> dispatch(Ctx ctx, Request* request);
  [[nodiscard]] bool permits(const Match& match) const;
  Task<void> serve(Ctx ctx, Request* request, Match match);
  [[nodiscard]] bool may_administer(const Request& request) const;
  Task<void> answer_unidentified(Ctx ctx, Request* request);
  Task<void> answer_no_admin(Ctx ctx, Request* request);
  void add_common_headers(Request& request) const;
  void log_call(const Request& request, TimePoint began) const;
  void count(const Request& request, TimePoint began, std::uint64_t request_bytes) const;

  Services& services_;
  ListenerIdentity identity_;
};

}  // namespace edge::api
