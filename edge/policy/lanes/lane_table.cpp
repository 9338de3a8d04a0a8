#include "edge/policy/lanes/lane_table.h"

#include <algorithm>

namespace edge::policy {

std::string_view to_text(LaneSource source) noexcept {
  switch (source) {
    case LaneSource::kInherited:
      return "inherited";
    case LaneSource::kUser:
      return "user";
    case LaneSource::kDevice:
      return "device";
    case LaneSource::kApp:
      return "app";
    case LaneSource::kHub:
      return "hub";
    case LaneSource::kDefault:
      return "default";
    case LaneSource::kNone:
      break;
  }
  return "none";
}

void LaneTable::add(LaneSpec spec) {
  if (!spec.id.is_base() && find_any(spec.id) == nullptr) lanes_.push_back(std::move(spec));
}

const LaneSpec* LaneTable::find(LaneId id) const noexcept {
  const LaneSpec* spec = find_any(id);
  return spec == nullptr || spec->expired ? nullptr : spec;
}

const LaneSpec* LaneTable::find_any(LaneId id) const noexcept {
  const auto found = std::ranges::find(lanes_, id, &LaneSpec::id);
  return found == lanes_.end() ? nullptr : &*found;
}

CallerTrust LaneTable::trust_in(std::string_view app_id) const noexcept {
  for (const auto& [known, trust] : callers_) {
    if (known == app_id) return trust;
  }
  return {};
}

bool LaneTable::is_of_devices(std::string_view pubsub) const noexcept {
  return std::ranges::any_of(device_topics,
                             [pubsub](const DeviceTopic& one) { return one.pubsub() == pubsub; });
}

std::string_view LaneTable::device_of(std::string_view pubsub,
                                      std::string_view topic) const noexcept {
  for (const DeviceTopic& one : device_topics) {
    if (one.pubsub() != pubsub) continue;
    if (const std::string_view device = one.device_in(topic); !device.empty()) return device;
  }
  return {};
}

LaneContext LaneTable::in(LaneId lane, LaneSource source) const noexcept {
  if (lane.is_base()) return {lane, source, LaneMode::kPermissive, true};
  const LaneSpec* spec = find(lane);
  if (spec == nullptr) return {LaneId(), source, LaneMode::kPermissive, false};
  return {lane, source, spec->mode, true};
}

std::optional<LaneContext> LaneTable::inherit(std::string_view name) const noexcept {
  const auto lane = LaneId::parse(name);
  if (!lane) return LaneContext{LaneId(), LaneSource::kInherited, LaneMode::kPermissive, false};
  const LaneSpec* spec = find(*lane);
  if (spec != nullptr && !spec->inherited) return std::nullopt;
  return in(*lane, LaneSource::kInherited);
}

std::optional<LaneId> LaneTable::lane_of_user(std::string_view user) const {
  if (!users.has_exact()) return users.find({}, user);
  return users.find(user_tag(user_key, user), user);
}

LaneContext LaneTable::decide(const LaneQuestion& question) const {
  if (question.inherited) {
    if (auto lane = inherit(*question.inherited)) return *lane;
  }
  if (!question.user.empty() && !users.empty()) {
    if (const auto lane = lane_of_user(question.user)) return in(*lane, LaneSource::kUser);
  }
  if (!question.device.empty()) {
    const auto lane = devices.find(question.device, question.device);
    if (lane) return in(*lane, LaneSource::kDevice);
  }
  if (!question.app.is_base()) return in(question.app, LaneSource::kApp);
  if (!question.hub.is_base()) return in(question.hub, LaneSource::kHub);
  return {LaneId(), LaneSource::kDefault, LaneMode::kPermissive, true};
}

}  // namespace edge::policy
