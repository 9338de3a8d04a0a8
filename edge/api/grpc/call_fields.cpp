#include "edge/api/grpc/call_fields.h"

#include <algorithm>
#include <array>

#include "edge/api/lane_entry.h"
#include "edge/base/strings.h"
#include "edge/blocks/invoke/headers.h"
#include "edge/net/grpc/metadata.h"
#include "edge/net/grpc/timeout.h"

namespace edge::api {
namespace {

// IANA's permanent names, which travel as metadata with a prefix.
constexpr auto kPermanent = std::to_array<std::string_view>({"accept",
                                                             "accept-charset",
                                                             "accept-language",
                                                             "accept-ranges",
                                                             "authorization",
                                                             "cache-control",
                                                             "content-type",
                                                             "cookie",
                                                             "date",
                                                             "expect",
                                                             "from",
                                                             "host",
                                                             "if-match",
                                                             "if-modified-since",
                                                             "if-none-match",
                                                             "if-schedule-tag-match",
                                                             "if-unmodified-since",
                                                             "max-forwards",
                                                             "origin",
                                                             "pragma",
                                                             "referer",
                                                             "user-agent",
                                                             "via",
                                                             "warning"});

// What an HTTP client, or a gRPC client of the hub, may say of a gRPC call to the app.
bool is_of_this_call(std::string_view name, std::string_view value) {
  if (!name.starts_with("grpc-")) return true;
  if (name == "grpc-timeout") return grpc::parse_timeout(value).has_value();
  return name == "grpc-trace-bin" || name == "grpc-tags-bin";
}

bool is_binary(std::string_view name) noexcept {
  return name.ends_with("-bin");
}

bool travels(const Header& header, std::string_view name,
             const blocks::ConnectionOptions& connection) {
  if (is_binary(name)) return base64_decode(header.value).has_value();
  return blocks::travels_with_request(header, connection) && is_of_this_call(name, header.value);
}

}  // namespace

bool is_permanent_header(std::string_view name) noexcept {
  return std::ranges::find(kPermanent, name) != kPermanent.end();
}

bool travels_back(const Header& field) noexcept {
  if (field.name == "content-type" || field.name == kServedHeader) return false;
  return !field.name.starts_with("grpc-") && blocks::travels_with_reply(field, {});
}

CallFields::CallFields(const blocks::Call& call, const AppFields& app) {
  if (call.form == blocks::CallForm::kRpc) {
    add_from_rpc(call);
  } else {
    add_from_http(call);
  }
  add_own(call, app);
}

void CallFields::add(std::string name, std::string_view value) {
  if (!grpc::may_be_metadata(name, value)) return;
  list_.add(names_.emplace_back(std::move(name)), value);
}

// Permanent names of HTTP's would be taken for the gRPC call's own.
void CallFields::add_from_http(const blocks::Call& call) {
  list_.add("content-type", "application/grpc");
  const auto connection = blocks::connection_options(*call.headers);
  bool baggage_seen = false;
  for (const Header& header : *call.headers) {
    std::string name = to_lower(header.name);
    if (!travels(header, name, connection)) continue;
    if (name == "baggage" && std::exchange(baggage_seen, true)) continue;
    if (is_permanent_header(name)) name.insert(0, "dapr-");
    add(std::move(name), header.value);
  }
}

void CallFields::add_from_rpc(const blocks::Call& call) {
  constexpr std::string_view kSomething = "-";  // also what is empty travels
  for (const Header& header : *call.headers) {
    const std::string_view name = header.name;
    if (is_binary(name) || blocks::travels_with_request({name, kSomething}, {})) {
      list_.add(name, header.value);
    }
  }
}

void CallFields::add_own(const blocks::Call& call, const AppFields& app) {
  list_.add("te", "trailers");
  if (call.own_headers != nullptr) {
    for (const Header& header : *call.own_headers) add(to_lower(header.name), header.value);
  }
  if (call.note == blocks::CallerNote::kForwarded) {
    for (const auto& [name, value] : app.hub) list_.add(name, value);
  }
  if (call.note != blocks::CallerNote::kNone) {
    add("dapr-caller-namespace", call.caller_namespace);
    add("dapr-caller-app-id", call.caller);
    add("dapr-callee-app-id", call.target);
  }
  if (!app.app_token.empty()) list_.add("dapr-api-token", app.app_token);
}

}  // namespace edge::api
