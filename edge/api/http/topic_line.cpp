#include "edge/api/http/topic_line.h"

#include "edge/base/strings.h"
#include "edge/blocks/pubsub/json_scan.h"

namespace edge::api {
namespace {

using blocks::append_json_string;

// On one line: outside of strings a line end is a blank, inside of them there is none.
void append_json(std::string& to, std::string_view json) {
  for (const char c : json) to.push_back(c == '\n' || c == '\r' ? ' ' : c);
}

void append_data(std::string& to, std::string_view data) {
  if (blocks::check_json(data)) {
    to.append(",\"event\":");
    append_json(to, trim(data));
  } else if (is_utf8(data)) {
    to.append(",\"text\":");
    append_json_string(to, data);
  } else {
    to.append(",\"base64\":");
    append_json_string(to, base64_encode(data));
  }
}

}  // namespace

void append_message_line(std::string& to, const pubsub::Delivery& message, WallTime now) {
  to.append("{\"time\":\"").append(to_rfc3339(now)).append("\",\"topic\":");
  append_json_string(to, message.topic);
  append_data(to, message.data);
  if (!message.metadata.empty()) {
    to.append(",\"metadata\":{");
    for (const auto& [name, value] : message.metadata) {
      if (to.back() != '{') to.push_back(',');
      append_json_string(to, name);
      to.push_back(':');
      append_json_string(to, value);
    }
    to.push_back('}');
  }
  to.append("}\n");
}

std::string subscribed_line(std::string_view pubsub, std::string_view topic) {
  std::string line = "{\"subscribed\":{\"pubsub\":";
  append_json_string(line, pubsub);
  line.append(",\"topic\":");
  append_json_string(line, topic);
  return line.append("}}\n");
}

std::string lost_line(std::uint64_t count) {
  return "{\"lost\":" + std::to_string(count) + "}\n";
}

}  // namespace edge::api
