#include "edge/api/grpc/invoke_reply.h"

#include "edge/api/grpc/call_fields.h"
#include "edge/api/grpc/messages/status_messages.h"
#include "edge/base/strings.h"
#include "edge/blocks/pubsub/json_scan.h"

namespace edge::api {
namespace {

using blocks::append_json_string;

constexpr std::string_view kErrorInfo = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr std::string_view kProtobuf = "application/x-protobuf";

void append_member(std::string& json, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  json.append(",\"").append(name).append("\":");
  append_json_string(json, value);
}

void append_info(std::string& json, const rpc::ErrorInfo& info) {
  append_member(json, "reason", info.reason);
  append_member(json, "domain", info.domain);
  if (info.metadata.empty()) return;
  json.append(",\"metadata\":{");
  for (const auto& [name, value] : info.metadata) {
    if (json.back() != '{') json.push_back(',');
    append_json_string(json, name);
    json.push_back(':');
    append_json_string(json, value);
  }
  json.push_back('}');
}

// What is not known by its type is shown by its bytes.
void append_detail(std::string& json, const rpc::Any& detail) {
  json.append("{\"@type\":");
  append_json_string(json, detail.type_url);
  rpc::ErrorInfo info;
  if (detail.type_url == kErrorInfo && protobuf::parse(detail.value, info)) {
    append_info(json, info);
  } else {
    append_member(json, "value", base64_encode(detail.value));
  }
  json.push_back('}');
}

}  // namespace

std::string status_json(const Error& error, std::string_view details) {
  std::string json = "{\"code\":" + std::to_string(static_cast<int>(error.code));
  append_member(json, "message", error.message);
  rpc::RpcStatus status;
  if (protobuf::parse(details, status) && !status.details.empty()) {
    json.append(",\"details\":[");
    for (const rpc::Any& detail : status.details) {
      if (json.back() != '[') json.push_back(',');
      append_detail(json, detail);
    }
    json.push_back(']');
  }
  return json.append("}");
}

InvokeReply::InvokeReply(std::unique_ptr<grpc::ClientCall> call, grpc::UnaryAnswer answer)
    : call_(std::move(call)), status_(200), body_("") {
  ending_.status = std::move(answer.ending.status);
  ending_.details = std::move(answer.ending.details);
  ending_.trailers = answer.ending.trailers;
  if (ending_.status) read_message(answer.message);
  if (!ending_.status) {
    status_ = http_status(ending_.status.error().code);
    text_ = status_json(ending_.status.error(), ending_.details);
    content_type_ = "application/json";
  }
  if (!content_type_.empty()) headers_.add("content-type", content_type_);
  // Trailers that came alone tell the status; nothing of them is a header.
  if (!grpc::is_trailers_only(call_->stream())) {
    ending_.metadata = &call_->stream().head().headers;
    for (const Header& field : *ending_.metadata) {
      const bool is_binary = field.name.ends_with("-bin");
      if (!is_binary && travels_back(field)) headers_.add(field.name, field.value);
    }
  }
  body_ = TextSource(text_);
}

void InvokeReply::read_message(std::string_view message) {
  rpc::InvokeResponse response;
  const Status parsed = protobuf::parse(message, response);
  if (!parsed) {
    ending_.status = parsed.error();
    return;
  }
  text_ = std::move(response.data.value);
  type_url_ = std::move(response.data.type_url);
  content_type_ = type_url_.empty() ? std::move(response.content_type) : std::string(kProtobuf);
  ending_.type_url = type_url_;
}

}  // namespace edge::api
