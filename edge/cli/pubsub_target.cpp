#include "edge/cli/pubsub_target.h"

#include <array>

#include "edge/cli/hub_client.h"
#include "edge/cli/hub_status.h"

namespace edge::cli {
namespace {

constexpr auto kOptions = std::to_array<OptionRow>({
    {"pubsub", "NAME", "", "The message bus; needed where the hub has several", 'p'},
});

constexpr ComponentKind kBuses = {.prefix = "pubsub.",
                                  .one = "message bus",
                                  .many = "message buses",
                                  .option = "--pubsub",
                                  .example = "pubsub.sqlite"};

}  // namespace

std::span<const OptionRow> pubsub_options() {
  return kOptions;
}

Result<std::string> pubsub_path(const Arguments& arguments, const HubAddress& hub) {
  std::string bus(arguments.get("pubsub"));
  if (bus.empty()) {
    const auto timeout = timeout_of(arguments);
    if (!timeout) return timeout.error();
    auto only = only_component(hub, *timeout, kBuses);
    if (!only) return only.error();
    bus = std::move(*only);
  }
  return "/" + url_escaped(bus) + "/" + url_escaped(arguments.operands()[0]);
}

}  // namespace edge::cli
