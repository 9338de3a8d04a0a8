#include "edge/api/internals/peer_request.h"

#include <algorithm>
#include <array>

#include "edge/api/internals/value_map.h"
#include "edge/blocks/invoke/headers.h"
#include "edge/blocks/invoke/method.h"

namespace edge::api {
namespace {

// By the number of HTTPExtension.Verb.
constexpr auto kVerbs = std::to_array<std::string_view>(
    {"", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"});

constexpr std::int32_t kConnect = 6;

constexpr std::string_view kNotWhole =
    "parsing InternalInvokeRequest error: request does not contain the required fields in the "
    "leading chunk";

Error no_channel_takes(Code code, const std::string& what) {
  return {Code::kInternal, "error invoking app channel: rpc error: code = " +
                               std::string(code_name(code)) + " desc = " + what};
}

std::int32_t number_of(std::string_view verb) {
  const auto* found = std::ranges::find(kVerbs, verb);
  return found == kVerbs.end() ? 0 : static_cast<std::int32_t>(found - kVerbs.begin());
}

// "" for none that a call can have.
std::string_view verb_of(std::int32_t number) {
  const bool known = number > 0 && number < static_cast<std::int32_t>(kVerbs.size());
  return known && number != kConnect ? kVerbs[static_cast<std::size_t>(number)] : "";
}

bool fits_head(std::string_view content_type, std::string_view query) {
  const auto plain = [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 0x7f; };
  const auto in_target = [&plain](char c) { return plain(c) && c != ' ' && c != '#'; };
  return std::ranges::all_of(content_type, plain) && std::ranges::all_of(query, in_target);
}

}  // namespace

rpc::InternalRequest internal_request(const blocks::Call& call, const FieldList& hub) {
  rpc::InternalRequest request;
  request.version = kInternalVersion;
  const auto connection = blocks::connection_options(*call.headers);
  for (const Header& header : *call.headers) {
    if (equals_ignoring_case(header.name, "content-type")) continue;
    if (!blocks::travels_with_request(header, connection)) continue;
    add_value(request.metadata, header.name, header.value);
  }
  if (call.own_headers != nullptr) {
    for (const Header& header : *call.own_headers) {
      add_value(request.metadata, header.name, header.value);
    }
  }
  for (const auto& [name, value] : hub) add_value(request.metadata, name, value);
  const std::string_view id = call.target.substr(0, call.target.find('.'));
  add_value(request.metadata, "destination-app-id", id);
  add_value(request.metadata, "dapr-caller-namespace", call.caller_namespace);
  add_value(request.metadata, "dapr-caller-app-id", call.caller);
  add_value(request.metadata, "dapr-callee-app-id", id);
  if (const auto length = call.body->length(); length.value_or(0) != 0) {
    add_value(request.metadata, "content-length", std::to_string(*length));
  }
  rpc::InvokeRequest& message = request.message.emplace();
  message.method = call.path.substr(call.path.starts_with('/') ? 1 : 0);
  message.data.type_url = call.type_url;
  message.content_type = call.headers->find("content-type").value_or("");
  if (!call.verb.empty()) {
    message.http_extension.emplace(number_of(call.verb), std::string(call.query));
  }
  return request;
}

Status Delivery::read(rpc::InternalRequest request) {
  request_ = std::move(request);
  if (!request_.message || request_.metadata.empty()) {
    return Error{Code::kInvalidArgument, std::string(kNotWhole)};
  }
  if (request_.version != kInternalVersion) {
    return no_channel_takes(Code::kUnimplemented,
                            "Unsupported spec version: " + std::to_string(request_.version));
  }
  const rpc::InvokeRequest& message = *request_.message;
  auto path = blocks::method_path(message.method);
  if (!path) return path.error();
  const rpc::HttpExtension* http = message.http_extension ? &*message.http_extension : nullptr;
  if (!fits_head(message.content_type, http == nullptr ? "" : http->query)) {
    return no_channel_takes(Code::kInvalidArgument, "invalid content type or query string");
  }
  for (const Header& header : edge::api::headers_of(request_.metadata)) {
    if (!equals_ignoring_case(header.name, "content-type")) {
      headers_.add(header.name, header.value);
    }
  }
  if (!message.content_type.empty()) headers_.add("content-type", message.content_type);
  const auto announced = headers_.find("content-length");
  if (announced) length_ = parse_unsigned(*announced);
  if (announced && !length_) {
    return no_channel_takes(Code::kInternal, "content-length is no number");
  }
  call_.path = std::move(*path);
  call_.verb = verb_of(http == nullptr ? 0 : http->verb);
  call_.query = http == nullptr ? "" : std::string_view(http->query);
  call_.type_url = message.data.type_url;
  call_.headers = &headers_;
  call_.caller = last_value(request_.metadata, "dapr-caller-app-id");
  call_.caller_namespace = last_value(request_.metadata, "dapr-caller-namespace");
  if (!fits_line(call_.caller) || !fits_line(call_.caller_namespace)) {
    return no_channel_takes(Code::kInvalidArgument, "invalid dapr-caller-app-id or -namespace");
  }
  call_.target = last_value(request_.metadata, "destination-app-id");
  if (call_.target.empty()) call_.target = last_value(request_.metadata, "dapr-callee-app-id");
  return {};
}

}  // namespace edge::api
