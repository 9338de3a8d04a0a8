// What a hub tells about itself at /v1.0-edgelane/status.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "edge/cli/hub_address.h"

namespace edge::cli {

struct HubApp {
  std::string id;
  std::string lane;
  std::string address;     // "unix:..." or a host; "" where the app is not called
  std::uint16_t port = 0;  // 0: none
  std::string health;      // healthy, unhealthy, unchecked
  bool started = false;
  std::int64_t max_concurrency = 0;

  // "starting", "healthy", "unhealthy", or "running" where nobody checks.
  [[nodiscard]] std::string state() const;
  // "127.0.0.1:9001", "unix:/run/lamp.sock", "-".
  [[nodiscard]] std::string place() const;
};

struct HubComponent {
  std::string name;
  std::string type;
  std::string version;
};

struct HubStatus {
  std::string version;
  std::string dapr_version;
  std::chrono::seconds uptime{};
  std::string default_app;
  std::vector<HubApp> apps;
  std::vector<HubComponent> components;
  std::string text;  // as the hub wrote it: JSON
};

// Errors: those of send() and refusal(); kUnimplemented where it is a daprd, or no hub at all.
Result<HubStatus> fetch_status(const HubAddress& hub, Duration timeout);

// A kind of component that a command works with.
struct ComponentKind {
  std::string_view prefix;  // of its types
  std::string_view one;     // "configuration store"
  std::string_view many;
  std::string_view option;   // that names one
  std::string_view example;  // a type
  std::string_view usual{};  // the name of the one that is meant where there are several
};

// The name of the only component of that kind, or of the usual one. Errors: those of
// fetch_status(); kNotFound where there is none; kInvalidArgument where there are several, with
// their names.
Result<std::string> only_component(const HubAddress& hub, Duration timeout,
                                   const ComponentKind& kind);

// Errors: kInvalidArgument.
Result<HubStatus> read_status(std::string text);

}  // namespace edge::cli
