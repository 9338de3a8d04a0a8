// One request to a hub, from outside of any loop.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/cli/hub_address.h"

namespace edge::cli {

struct HubRequest {
  std::string verb = "GET";
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  Duration timeout = std::chrono::seconds(60);  // zero for none
};

struct HubAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;

  [[nodiscard]] bool is_success() const noexcept { return status / 100 == 2; }
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
};

// Takes the pieces of a body as they come, and says whether it wants more; else the rest is not
// waited for.
enum class Flow : std::uint8_t { kMore, kEnough };
using BodySink = std::function<Flow(std::string_view)>;

// Sends, and waits for the whole answer. Where `sink` is given, the body of an answer below 400
// goes there. Errors: kUnavailable (no hub answers; says how to find one), kDeadlineExceeded,
// kInvalidArgument (a header that cannot be sent), kResourceExhausted (a body over 64 MiB).
Result<HubAnswer> send(const HubAddress& hub, const HubRequest& request, const BodySink& sink = {});

// For a segment of a target's path, or a value of its query.
std::string url_escaped(std::string_view text);

// What a refusal says: Dapr's message where the body has one, else the status and the body.
// kUnauthenticated for 401, kPermissionDenied for 403, kNotFound for 404, else kUnknown.
Error refusal(const HubAnswer& answer);

// `text` as one segment of a path, where '+' would be a blank.
std::string encode_segment(std::string_view text);

}  // namespace edge::cli
