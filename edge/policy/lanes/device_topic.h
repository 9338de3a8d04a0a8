// DeviceTopic: where the topic of a message names the device that sent it.
#pragma once

#include <string>
#include <string_view>

#include "edge/base/result.h"

namespace edge::policy {

class DeviceTopic {
 public:
  // `pattern` is an MQTT filter in which one level is "{device}": "sensors/{device}/+",
  // "+/{device}/#". Errors: kInvalidArgument, "expected ..., got ...".
  static Result<DeviceTopic> parse(std::string pubsub, std::string pattern);

  [[nodiscard]] const std::string& pubsub() const noexcept { return pubsub_; }
  [[nodiscard]] const std::string& pattern() const noexcept { return pattern_; }
  // The device's level of a topic; "" where the topic does not fit.
  [[nodiscard]] std::string_view device_in(std::string_view topic) const noexcept;

 private:
  DeviceTopic(std::string pubsub, std::string pattern)
      : pubsub_(std::move(pubsub)), pattern_(std::move(pattern)) {}

  std::string pubsub_;
  std::string pattern_;
};

}  // namespace edge::policy
