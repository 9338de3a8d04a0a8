#include "edge/api/caller.h"

namespace edge::api {
namespace {

using Token = std::optional<std::string_view>;

Caller own_caller(const Services& services, const ListenerIdentity& listener, const Token& token) {
  Caller caller{.app = services.apps.find(listener.app_id)};
  caller.refused = listener.tokens == TokenRule::kRequired &&
                   services.tokens.owns_one(listener.app_id) &&
                   (!token || services.tokens.owner(*token) != listener.app_id);
  return caller;
}

}  // namespace

Caller identify(const Services& services, const ListenerIdentity& listener,
                const HeaderList& headers) {
  const auto token = headers.find(kTokenHeader);
  if (!listener.app_id.empty()) return own_caller(services, listener, token);
  if (token) {
    const auto owner = services.tokens.owner(*token);
    if (owner.empty()) return {.refused = true};
    return {.app = services.apps.find(owner)};
  }
  if (services.default_app.empty()) return {};
  // The default app may have asked for a token: then nobody is it without one.
  if (services.tokens.owns_one(services.default_app)) return {.refused = true};
  return {.app = services.apps.find(services.default_app), .identity = Identity::kAssumed};
}

std::string unidentified_text() {
  return "this request does not say which app it is from: use the app's own socket or port, or "
         "send its token in the header dapr-api-token, or start the hub with --default-app";
}

}  // namespace edge::api
