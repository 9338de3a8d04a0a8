// A message of a topic as one line of JSON, as the hub's own tools are shown it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "components/pubsub/pubsub.h"
#include "edge/base/time.h"

namespace edge::api {

// {"time":...,"topic":...,"event":{...}}, with the message as "event" where it is JSON, as "text"
// where it is other text, else as "base64"; and with "metadata" where it has some.
void append_message_line(std::string& to, const pubsub::Delivery& message, WallTime now);
// {"subscribed":{"pubsub":...,"topic":...}}: what is published from here on is shown.
std::string subscribed_line(std::string_view pubsub, std::string_view topic);
// {"lost":3}
std::string lost_line(std::uint64_t count);

}  // namespace edge::api
