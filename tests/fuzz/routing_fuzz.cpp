// Any bytes as the target of a request: it is routed, or refused, and never crashes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "edge/api/http/invoke_api.h"
#include "edge/api/http/routes.h"
#include "edge/api/http/state_body.h"
#include "edge/api/http/url_channels.h"
#include "edge/base/strings.h"
#include "edge/blocks/invoke/method.h"
#include "edge/policy/baggage.h"

namespace edge::api {
namespace {

void require(bool held) {
  if (!held) std::abort();
}

// What goes into the app's request line must not be able to end it.
bool is_request_path(std::string_view path) {
  if (!path.starts_with('/')) return false;
  for (const unsigned char c : path) {
    if (c <= 0x20 || c >= 0x7f || c == '?' || c == '#') return false;
  }
  return true;
}

void try_target(std::string_view bytes) {
  const Target target = parse_target(bytes);
  require(target.path().starts_with('/'));
  require(target.path().find("//") == std::string::npos);
  for (const char* verb : {"GET", "POST", "DELETE"}) (void)match_route(verb, target.path());
  HeaderList headers;
  const std::string basic = "Basic " + base64_encode(bytes);
  headers.add("authorization", basic);
  if (auto addressed = addressed_app(headers, target)) {
    const auto path = blocks::method_path(addressed->method);
    require(!path || is_request_path(*path));
    if (const auto url = parse_url(addressed->app_id)) require(!url->host.empty());
  }
}

void try_bodies(std::string_view bytes) {
  const auto keys = parse_bulk_get(bytes);
  require(keys || !keys.error().tag.empty());
  const auto items = parse_save("shop", bytes, {});
  require(items || !items.error().tag.empty());
  const auto operations = parse_transaction(bytes, {});
  require(operations || !operations.error().tag.empty());
}

}  // namespace
}  // namespace edge::api

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  edge::api::try_target(bytes);
  (void)edge::policy::check_baggage(bytes);
  edge::api::try_bodies(bytes);
  return 0;
}
