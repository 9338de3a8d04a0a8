// Configuration, as dapr.proto.runtime.v1 and common.v1 have it. Source: wire reference §12.2,
// §12.4.
#pragma once

#include "edge/net/protobuf/message.h"

namespace edge::api::rpc {

using protobuf::Map;

struct ConfigurationItem {
  std::string value;
  std::string version;
  Map metadata;
  void fields(auto& f) {
    f(1, value);
    f(2, version);
    f(3, metadata);
  }
};
using ConfigurationItems = std::map<std::string, ConfigurationItem, std::less<>>;

// GetConfigurationRequest and SubscribeConfigurationRequest.
struct ConfigurationRequest {
  std::string store_name;
  std::vector<std::string> keys;
  Map metadata;
  void fields(auto& f) {
    f(1, store_name);
    f(2, keys);
    f(3, metadata);
  }
};

struct GetConfigurationResponse {
  ConfigurationItems items;
  void fields(auto& f) { f(1, items); }
};

struct SubscribeConfigurationResponse {
  std::string id;
  ConfigurationItems items;
  void fields(auto& f) {
    f(1, id);
    f(2, items);
  }
};

struct UnsubscribeConfigurationRequest {
  std::string store_name;
  std::string id;
  void fields(auto& f) {
    f(1, store_name);
    f(2, id);
  }
};

struct UnsubscribeConfigurationResponse {
  bool ok = false;
  std::string message;
  void fields(auto& f) {
    f(1, ok);
    f(2, message);
  }
};

}  // namespace edge::api::rpc
