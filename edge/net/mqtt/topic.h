// Topics and topic filters. Source: MQTT 3.1.1 §4.7.
#pragma once

#include <string_view>

#include "edge/base/result.h"

namespace edge::mqtt {

// What is published to. Errors: kInvalidArgument (empty, too long, wildcards, not UTF-8).
Status check_topic(std::string_view topic);

// What is subscribed to; "$share/group/filter" is one too. Errors: kInvalidArgument.
Status check_filter(std::string_view filter);

// Whether a filter names one topic and nothing else.
bool is_exact(std::string_view filter) noexcept;

}  // namespace edge::mqtt
