// configuration.mqtt: items that are retained at the broker of the hub's Uplink.
//
// Layers are always there: the baseline's, those of the hub's lanes, its group's, the hub's own,
// those of devices. Source: sync reference §4.4, §7.1.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "components/configuration/layered.h"

namespace edge::configuration {

struct MqttOptions {
  std::string uplink;
  std::string devices;
};

std::span<const components::Field<MqttOptions>> mqtt_fields();

class MqttStore final : public LayeredStore {
 public:
  explicit MqttStore(const components::Context& context) : LayeredStore(context) {}

 private:
  Result<Layers> prepare() override;
  std::unique_ptr<Feed> make_feed(const Place& place, replica::Replica& replica,
                                  Feed::OnStep on_step) override;

  LayeredOptions options_;
  std::vector<std::string> devices_;
};

}  // namespace edge::configuration
