// Kind Configuration of dapr.io/v1alpha1: what is read of it so far.
//
// What nothing was said about is absent, so that the parts that use it apply Dapr's defaults.
// Source: the wire reference §15.1, §15.2, §5.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "edge/daemon/resources/source.h"

namespace edge::daemon {

enum class Access : std::uint8_t { kUnset, kAllow, kDeny };

struct AccessOperation {
  std::string name;  // "/orders/*"
  std::vector<std::string> verbs;
  Access action = Access::kUnset;
};

struct AccessPolicy {
  std::string app_id;
  std::string trust_domain;
  std::string name_space;
  Access default_action = Access::kUnset;
  std::vector<AccessOperation> operations;
};

struct AccessControl {
  Access default_action = Access::kUnset;
  std::string trust_domain;
  std::vector<AccessPolicy> policies;
};

struct SecretScope {
  std::string store;
  Access default_access = Access::kAllow;
  std::vector<std::string> allowed;
  std::vector<std::string> denied;
};

struct Feature {
  std::string name;
  bool enabled = false;
};

struct ApiRule {
  std::string name;
  std::string version;
  std::string protocol;  // "http" or "grpc"
};

struct ApiLogging {
  std::optional<bool> enabled;
  bool obfuscate_urls = false;
  bool omit_health_checks = false;
};

struct NameResolution {
  std::string component;
  std::string version;
  std::string configuration;  // JSON text; "" where absent
};

struct Configuration {
  std::optional<AccessControl> access_control;
  std::vector<SecretScope> secret_scopes;
  std::vector<Feature> features;
  std::vector<ApiRule> api_allowed;
  std::vector<ApiRule> api_denied;
  std::vector<std::string> denied_components;  // "type" or "type/version"
  ApiLogging api_logging;
  std::optional<NameResolution> name_resolution;
  std::optional<double> sampling_rate;  // of traces, 0..1
  std::vector<Source> sources;          // in the order read
};

}  // namespace edge::daemon
