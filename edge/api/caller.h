// Whose request it is, whatever protocol it came by.
// Source: wire reference §17.1; design: per-app identity on one hub.
#pragma once

#include <cstdint>
#include <string>

#include "edge/api/services.h"
#include "edge/base/header_list.h"

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

inline constexpr std::string_view kTokenHeader = "dapr-api-token";

// Whether a request has shown whose it is, by its socket, its port or a token; or is taken for the
// default app's.
enum class Identity : std::uint8_t { kShown, kAssumed };

struct Caller {
  blocks::App* app = nullptr;
  bool refused = false;  // a token is missing or wrong
  Identity identity = Identity::kShown;
};
Caller identify(const Services& services, const ListenerIdentity& listener,
                const HeaderList& headers);

// What the caller is told whose request carries no identity and needs one.
std::string unidentified_text();

}  // namespace edge::api
