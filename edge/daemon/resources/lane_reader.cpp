#include "edge/base/rfc3339.h"
#include "edge/daemon/resources/readers.h"

namespace edge::daemon {
namespace {

using policy::LaneMode;

constexpr std::size_t kLongestPrefix = 32;

void read_mode(Fields& spec, LaneMode& target) {
  std::string mode;
  if (!spec.read("mode", mode)) return;
  if (mode == "strict") {
    target = LaneMode::kStrict;
  } else if (mode != "permissive") {
    spec.problem("mode",
                 "expected permissive or strict, got " + in_quotes(mode) + "; choose one of them");
  }
}

// Whole levels of a topic: the cloud's topics of the lane begin with it.
void read_uplink_prefix(Fields& spec, std::string& target) {
  if (!spec.read("uplinkPrefix", target)) return;
  const bool plain =
      target.find_first_of("+#$ ") == std::string::npos && !target.starts_with("e1/");
  if (plain && target.size() <= kLongestPrefix && target.ends_with('/') && target.size() > 1) {
    return;
  }
  spec.problem("uplinkPrefix",
               "expected at most 32 characters that end with '/', without '+', '#', '$' and "
               "blanks, and do not begin with e1/, got " +
                   in_quotes(target) + "; write it as gray/");
}

void read_consumers(Fields& spec, std::vector<std::string>& target) {
  spec.read("consumers", target);
  for (const std::string& filter : target) {
    const std::size_t hash = filter.find('#');
    const bool hash_is_last = hash == std::string::npos || hash + 1 == filter.size();
    if (!filter.empty() && hash_is_last) continue;
    spec.problem("consumers", "expected topic filters, got " + in_quotes(filter) +
                                  "; write each as telemetry/# or alarms/+/up");
  }
}

}  // namespace

void read_expires(Fields& fields, std::optional<WallTime>& target) {
  std::string text;
  if (!fields.read("expires", text)) return;
  target = parse_rfc3339(text);
  if (target) return;
  fields.problem("expires",
                 "expected a time, got " + in_quotes(text) + "; write it as 2030-01-31T00:00:00Z");
}

std::optional<policy::LaneId> read_lane_id(Fields& fields, std::string_view name,
                                           std::string& text) {
  if (!fields.read(name, text)) return std::nullopt;
  auto id = policy::LaneId::parse(text);
  if (!id) {
    fields.problem(name, "expected a lower-case letter and at most 15 of a-z, 0-9 and '-', got " +
                             in_quotes(text) + "; choose another lane");
  }
  return id;
}

Lane read_lane(Document& document) {
  Lane lane;
  lane.source = document.source();
  std::string name = required_name(document);
  if (!name.empty()) {
    const auto id = read_lane_id(document.metadata, "name", name);
    if (id) lane.spec.id = *id;
    if (id && id->is_base()) {
      document.metadata.problem("name",
                                "base is the baseline, which is always there; choose another lane");
    }
  }
  lane.spec.declared = true;
  Fields spec = document.root.map("spec");
  read_mode(spec, lane.spec.mode);
  spec.read("allowInherit", lane.spec.inherited);
  spec.read("secretsFallback", lane.spec.secrets_fallback);
  read_uplink_prefix(spec, lane.spec.uplink_prefix);
  read_consumers(spec, lane.spec.consumers);
  read_expires(spec, lane.spec.expires);
  spec.refuse_unknown();
  document.root.refuse_unknown();
  return lane;
}

}  // namespace edge::daemon
