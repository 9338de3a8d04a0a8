#include "edge/api/http/not_configured.h"

#include <algorithm>
#include <array>
#include <vector>

#include "edge/api/http/target.h"
#include "edge/base/strings.h"

namespace edge::api {
namespace {

// In messages "<n>" stands for the component that the path names.
struct Missing {
  std::string_view api;
  std::string_view verbs;
  int http;
  Code grpc;
  std::string_view tag;
  std::string_view message;
  std::string_view reason;
};

constexpr auto kMissing = std::to_array<Missing>({
    {"bindings", "POST PUT", 500, Code::kInternal, "ERR_INVOKE_OUTPUT_BINDING",
     "error invoking output binding <n>: couldn't find output binding <n>", ""},
    {"lock", "POST", 500, Code::kFailedPrecondition, "ERR_LOCK_STORE_NOT_CONFIGURED",
     "lock store is not configured", ""},
    {"unlock", "POST", 500, Code::kFailedPrecondition, "ERR_LOCK_STORE_NOT_CONFIGURED",
     "lock store is not configured", ""},
    {"actors", "GET POST PUT DELETE", 400, Code::kUnavailable, "ERR_ACTOR_NO_PLACEMENT",
     "placement service is not configured", ""},
    {"crypto", "PUT", 500, Code::kInternal, "ERR_CRYPTO_PROVIDERS_NOT_CONFIGURED",
     "crypto providers not configured", ""},
    {"subtlecrypto", "POST", 501, Code::kUnimplemented, "ERR_API_UNIMPLEMENTED",
     "this API is currently not implemented", ""},
    {"conversation", "POST", 400, Code::kInvalidArgument, "ERR_CONVERSATION_NOT_FOUND",
     "failed finding conversation component <n>", ""},
});

std::string with_name(std::string_view message, std::string_view name) {
  std::string text(message);
  constexpr std::string_view kPlace = "<n>";
  for (auto at = text.find(kPlace); at != std::string::npos; at = text.find(kPlace)) {
    text.replace(at, kPlace.size(), name);
  }
  return text;
}

}  // namespace

std::optional<blocks::ApiError> not_configured(std::string_view verb, std::string_view path) {
  const auto parts = segments(path);
  if (parts.size() < 3 || !parts[0].starts_with("v1.0")) return std::nullopt;
  const auto missing = std::ranges::find(kMissing, parts[1], &Missing::api);
  if (missing == kMissing.end()) return std::nullopt;
  const auto verbs = split(missing->verbs, ' ');
  if (std::ranges::find(verbs, verb) == verbs.end()) return std::nullopt;
  const auto name = percent_decode(parts[2], PlusSign::kIsSpace).value_or("");
  return blocks::ApiError{.http = missing->http,
                          .grpc = missing->grpc,
                          .tag = std::string(missing->tag),
                          .message = with_name(missing->message, name),
                          .reason = std::string(missing->reason)};
}

}  // namespace edge::api
