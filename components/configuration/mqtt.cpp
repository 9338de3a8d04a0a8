#include "components/configuration/mqtt.h"

#include <array>
#include <utility>

#include "components/configuration/manifest_feed.h"
#include "edge/base/strings.h"

namespace edge::configuration {
namespace {

using components::Field;
using components::wrong_field;

constexpr auto kFields = std::to_array<Field<MqttOptions>>({
    {{.name = "uplink",
      .doc = "The name of the `Uplink` whose broker keeps the items; without it the hub's."},
     &MqttOptions::uplink},
    {{.name = "devices",
      .doc = "IDs of the devices whose layers this hub reads, with commas between: "
             "`h1-lamp,h1-door`. Without it there is no such layer."},
     &MqttOptions::devices},
});

constexpr std::size_t kMostDevices = 64;

Status check_uplink(const components::Cloud* cloud, const std::string& wanted) {
  const std::string has = cloud == nullptr ? "" : cloud->uplink();
  if (has.empty()) {
    return Error{
        Code::kFailedPrecondition,
        "it reads from the broker of an Uplink, and this hub has none; add a resource of kind "
        "Uplink"};
  }
  if (wanted.empty() || wanted == has) return {};
  return wrong_field("uplink", "names no Uplink of this hub; it has \"" + has + "\"");
}

// As it may stand in a topic.
bool is_topic_level(std::string_view name) {
  return is_layer_name(name) && name.find_first_of("+#") == std::string_view::npos;
}

Result<std::vector<std::string>> devices_of(const std::string& text) {
  std::vector<std::string> devices;
  for (const std::string_view part : split(text, ',')) {
    const std::string_view name = trim(part);
    if (name.empty()) continue;
    if (!is_topic_level(name) || devices.size() == kMostDevices) {
      return wrong_field("devices",
                         "is at most 64 IDs of 1 to 64 visible characters without /, + and #");
    }
    devices.emplace_back(name);
  }
  return devices;
}

}  // namespace

std::span<const Field<MqttOptions>> mqtt_fields() {
  return kFields;
}

Result<Layers> MqttStore::prepare() {
  auto own = components::read_fields<MqttOptions>(kFields, context().metadata);
  if (!own) return std::move(own).error();
  auto options = read_layered_options(context());
  if (!options) return std::move(options).error();
  auto devices = devices_of(own->devices);
  if (!devices) return std::move(devices).error();
  if (!options->hub_group.empty() && !is_topic_level(options->hub_group)) {
    return wrong_field("hubGroup", "has no + and no # in it");
  }
  if (auto fine = check_uplink(context().cloud, own->uplink); !fine) return std::move(fine).error();
  options_ = *options;
  devices_ = std::move(*devices);
  Layers layers{
      .source = "the broker",
      .places = {{.number = 0, .scope = "mqtt:base", .layer = "base"},
                 {.number = 1, .scope = "mqtt:lane", .kind = LayerKind::kByLane, .layer = "lane"}},
      .hidden = std::string(replica::kManifestKey),
      .options = std::move(*options)};
  const auto add = [&layers](unsigned number, const std::string& layer) {
    layers.places.push_back({.number = number, .scope = "mqtt:" + layer, .layer = layer});
  };
  if (!options_.hub_group.empty()) add(3, "group-" + options_.hub_group);
  add(2, "hub-" + context().cloud->hub());
  if (!devices_.empty()) {
    add(4, "device");
    layers.places.back().kind = LayerKind::kByDevice;
    layers.devices = Layers::Devices::kSeen;
  }
  return layers;
}

std::unique_ptr<Feed> MqttStore::make_feed(const Place& place, replica::Replica& replica,
                                           Feed::OnStep on_step) {
  ManifestFeedOptions options{.store = context().name,
                              .layer = place.layer,
                              .kind = place.kind,
                              .names = devices_,
                              .audit_interval = options_.audit_interval,
                              .trust = options_.trust};
  return std::make_unique<ManifestFeed>(context().loop, *context().cloud, replica,
                                        std::move(options), std::move(on_step));
}

}  // namespace edge::configuration
