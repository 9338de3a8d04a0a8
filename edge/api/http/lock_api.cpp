// The lock API of a hub without lock stores. Source: wire reference §7.
#include <nlohmann/json.hpp>

#include "edge/api/http/handlers.h"
#include "edge/api/http/not_configured.h"
#include "edge/base/json.h"
#include "edge/base/strings.h"

namespace edge::api {
namespace {

using blocks::malformed_request;

constexpr std::string_view kPrefix = "failed deserializing HTTP body: ";

// Nothing said is 0.
Result<std::int64_t> expiry_of(std::string_view body) {
  if (trim(body).empty()) return 0;
  const auto json = parse_json(body);
  if (!json) return json.error();
  if (!json->is_object()) return Error{Code::kInvalidArgument, "the body must be an object"};
  for (const char* name : {"expiryInSeconds", "expiry_in_seconds"}) {
    auto expiry = int_member(*json, name);
    if (!expiry) return expiry.error();
    if (*expiry) return **expiry;
  }
  return 0;
}

// daprd looks at the expiry before it looks for a store.
blocks::ApiError refusal_of(const Request& request, std::string_view body) {
  const auto expiry = expiry_of(body);
  if (!expiry) return malformed_request(std::string(kPrefix) + expiry.error().message);
  if (*expiry <= 0) {
    return malformed_request("ExpiryInSeconds is not positive in lock store " +
                             request.parameters[0]);
  }
  return not_configured(request.verb(), request.target.path()).value_or(blocks::ApiError{});
}

}  // namespace

Task<void> try_lock(Ctx ctx, Request* request) {
  auto body = co_await read_body(ctx, request, "ERR_MALFORMED_REQUEST", kPrefix);
  auto refusal = body ? refusal_of(*request, *body) : std::move(body.error());
  co_await answer_error(ctx, request, std::move(refusal));
}

}  // namespace edge::api
