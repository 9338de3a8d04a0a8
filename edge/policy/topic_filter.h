// Topic filters as of MQTT: "alarms/#", "floor/+/light". Source: MQTT 3.1.1 §4.7.
#pragma once

#include <string_view>

namespace edge::policy {

// Whether '+' stands for whole levels only, and '#' for the last one.
bool is_topic_filter(std::string_view text) noexcept;

// `filter` is one. "a/#" fits "a", too.
bool fits_filter(std::string_view filter, std::string_view topic) noexcept;

}  // namespace edge::policy
