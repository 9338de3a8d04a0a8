#include "edge/api/grpc/error_status.h"

#include <algorithm>
#include <array>

#include "edge/api/grpc/messages/status_messages.h"
#include "edge/net/grpc/status.h"

namespace edge::api {
namespace {

using blocks::ApiError;

// Errors that HTTP shows plainly, and gRPC with their tag as the reason.
constexpr auto kTagIsReason = std::to_array<std::string_view>(
    {"ERR_STATE_", "ERR_CONFIGURATION_", "ERR_INVOKE_OUTPUT_BINDING", "ERR_LANE_"});
// Errors whose ErrorInfo says more over HTTP.
constexpr auto kBareReasons = std::to_array<std::string_view>(
    {"DAPR_STATE_NOT_FOUND", "DAPR_STATE_NOT_CONFIGURED", "DAPR_PUBSUB_NOT_FOUND"});

std::string reason_of(const ApiError& error) {
  if (!error.reason.empty()) return error.reason;
  const auto begins = [&error](std::string_view tag) { return error.tag.starts_with(tag); };
  return std::ranges::any_of(kTagIsReason, begins) ? error.tag : "";
}

template <protobuf::Message M>
void add(rpc::RpcStatus& status, std::string_view type, M detail) {
  status.details.push_back(
      {"type.googleapis.com/google.rpc." + std::string(type), protobuf::print(detail)});
}

// What is too large for clients loses its details, but for the last one: ErrorInfo.
std::string fitting(rpc::RpcStatus status) {
  std::string printed = protobuf::print(status);
  while (printed.size() > grpc::kMostDetails && status.details.size() > 1) {
    status.details.erase(status.details.begin());
    printed = protobuf::print(status);
  }
  return printed;
}

std::string details_of(const ApiError& error, const std::string& reason) {
  // As the trailers tell it.
  const std::string message(grpc::bounded_message(error.message, grpc::kMostMessage));
  rpc::RpcStatus status{static_cast<std::int32_t>(error.grpc), message, {}};
  if (!error.field.empty()) {
    add(status, "BadRequest", rpc::BadRequest{{{error.field, message}}});
  }
  if (!error.help_url.empty()) {
    add(status, "Help", rpc::Help{{{error.help_text, error.help_url}}});
  }
  if (!error.resource_type.empty()) {
    add(status, "ResourceInfo",
        rpc::ResourceInfo{error.resource_type, error.resource_name, "",
                          error.resource_description});
  }
  rpc::ErrorInfo info{reason, "dapr.io", {}};
  if (std::ranges::find(kBareReasons, reason) == kBareReasons.end()) {
    info.metadata.insert(error.metadata.begin(), error.metadata.end());
  }
  add(status, "ErrorInfo", std::move(info));
  return fitting(std::move(status));
}

}  // namespace

grpc::Outcome error_outcome(const ApiError& error) {
  const std::string reason = reason_of(error);
  return {Error{error.grpc, error.message}, reason.empty() ? "" : details_of(error, reason), {}};
}

ApiError refused_at_door(Code code, std::string_view message, std::string_view http_code,
                         std::string_view detail) {
  ApiError error{.grpc = code, .message = std::string(message), .reason = std::string(message)};
  error.metadata = {{"http.code", std::string(http_code)},
                    {"http.error_message", std::string(detail)}};
  return error;
}

}  // namespace edge::api
