// The HTTP API on one listener: decides whose request it is and hands it to its route.
#pragma once

#include <memory>
#include <string>

#include "edge/api/http/request.h"
#include "edge/api/http/routes.h"
#include "edge/net/http1/server.h"

namespace edge::api {

// Whether a listener's users must show the token that its app has set. A socket file that only
// the app's user can open needs none.
enum class TokenRule : std::uint8_t { kNone, kRequired };

// How much of the API a listener offers.
enum class Reach : std::uint8_t { kWhole, kPublic };  // kPublic: health and metadata, to read

// Whose requests may change the hub itself. kLocalPeers: those from this machine.
enum class AdminRule : std::uint8_t { kNobody, kLocalPeers, kEverybody };

// What a listener says about those who use it.
struct ListenerIdentity {
  std::string app_id;  // of the instance whose own socket or port this is; "" for the shared port
  TokenRule tokens = TokenRule::kNone;
  Reach reach = Reach::kWhole;
  AdminRule admin = AdminRule::kNobody;
};

// Source: wire reference §0.1, §17.1; design: per-app identity on one hub.
class ApiHandler final : public http1::Handler {
 public:
  // `services` outlives the handler.
  ApiHandler(Services& services, ListenerIdentity identity)
      : services_(services), identity_(std::move(identity)) {}

  Task<void> handle(Ctx ctx, http1::ServerExchange* exchange) override;

 private:
  struct Identified {
    blocks::App* app = nullptr;
    bool refused = false;  // a token is missing or wrong
    bool shown = true;     // rather than assumed
  };
  [[nodiscard]] Identified identify(const HeaderList& headers) const;
  Task<void> route(Ctx ctx, Request* request);
  static void decide_lane(Request& request, const Identified& who);
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
