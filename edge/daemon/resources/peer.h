// Kind Peer of edgelane.dev/v1: another hub, and which apps are called there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "edge/daemon/resources/value.h"

namespace edge::daemon {

// An instance that runs at the other hub.
struct PeerApp {
  std::string id;
  std::string lane = "base";
  std::string field;
  Source source;

  [[nodiscard]] std::string instance() const { return lane == "base" ? id : id + "@" + lane; }
};

struct Peer {
  std::string name;
  std::string name_space = "default";  // of its apps
  std::string url;                     // "http://host[:port]", https, or "grpc://host:port"
  std::optional<Value> token;          // what this hub shows to the other's API
  std::optional<Value> root_ca;        // PEM, instead of the system's
  std::vector<PeerApp> apps;
  std::string secret_store;  // where its secretKeyRefs are looked up
  Source source;

  // Whether it is called at its internal port, as daprds call each other.
  [[nodiscard]] bool is_internal() const;
};

}  // namespace edge::daemon
