#include "edge/api/grpc/event_message.h"

#include <algorithm>
#include <array>
#include <bit>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/strings.h"
#include "edge/blocks/pubsub/envelope.h"

namespace edge::api {
namespace {

using blocks::ContentKind;
using Json = nlohmann::json;

// Members that have a place of their own in the message.
constexpr auto kPlaced = std::to_array<std::string_view>(
    {"id", "source", "datacontenttype", "type", "specversion", "data", "data_base64"});

std::string text_of(const Json& event, const char* name) {
  const auto found = event.find(name);
  return found != event.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string data_of(const Json& event, std::string_view content_type) {
  if (const std::string base64 = text_of(event, "data_base64"); !base64.empty()) {
    return base64_decode(base64).value_or("");
  }
  const auto data = event.find("data");
  if (data == event.end()) return "";
  const ContentKind kind = blocks::content_kind(content_type);
  const bool is_json = kind == ContentKind::kJson || kind == ContentKind::kCloudEvent;
  return data->is_string() && !is_json ? data->get<std::string>() : dump_json(*data);
}

// The fields of google.protobuf.Value.
enum class ValueField : std::uint8_t {
  kNull = 1,
  kNumber = 2,
  kString = 3,
  kBool = 4,
  kStruct = 5,
  kList = 6,
};

void append_double(std::string& out, double number) {
  constexpr auto kTag = static_cast<std::uint64_t>(ValueField::kNumber) << 3 |
                        static_cast<std::uint64_t>(protobuf::Kind::kFixed64);
  protobuf::append_varint(out, kTag);
  const auto bits = std::bit_cast<std::uint64_t>(number);
  for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>(bits >> shift & 0xff);
}

std::string value_of(const Json& json);

std::string list_of(const Json& array) {
  std::string out;
  for (const Json& item : array) protobuf::append_bytes_field(out, 1, value_of(item));
  return out;
}

// As deep as the JSON that was read, which is bounded.
std::string value_of(const Json& json) {
  const auto number = [](ValueField field) { return static_cast<std::uint32_t>(field); };
  std::string out;
  if (json.is_string()) {
    const auto& text = json.get_ref<const std::string&>();
    protobuf::append_bytes_field(out, number(ValueField::kString), text);
  } else if (json.is_boolean()) {
    protobuf::append_varint_field(out, number(ValueField::kBool), json.get<bool>() ? 1 : 0);
  } else if (json.is_number()) {
    append_double(out, json.get<double>());
  } else if (json.is_object()) {
    protobuf::append_bytes_field(out, number(ValueField::kStruct), struct_of(json));
  } else if (json.is_array()) {
    protobuf::append_bytes_field(out, number(ValueField::kList), list_of(json));
  } else {
    protobuf::append_varint_field(out, number(ValueField::kNull), 0);
  }
  return out;
}

}  // namespace

std::string struct_of(const Json& object) {
  std::string out;
  for (const auto& [name, value] : object.items()) {
    std::string entry;
    protobuf::append_bytes_field(entry, 1, name);
    protobuf::append_bytes_field(entry, 2, value_of(value));
    protobuf::append_bytes_field(out, 1, entry);
  }
  return out;
}

Result<rpc::TopicEventRequest> event_message(const blocks::EventCall& call) {
  auto event = parse_json(call.body);
  if (!event) return event.error();
  if (!event->is_object()) return Error{Code::kInvalidArgument, "the event is no JSON object"};
  rpc::TopicEventRequest message;
  message.id = text_of(*event, "id");
  message.source = text_of(*event, "source");
  message.type = text_of(*event, "type");
  message.spec_version = text_of(*event, "specversion");
  message.data_content_type = text_of(*event, "datacontenttype");
  message.data = data_of(*event, message.data_content_type);
  message.topic = call.topic;
  message.pubsub_name = call.pubsub;
  message.path = call.path;
  for (const std::string_view name : kPlaced) event->erase(std::string(name));
  message.extensions = struct_of(*event);
  return message;
}

}  // namespace edge::api
