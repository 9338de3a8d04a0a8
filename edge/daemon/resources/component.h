// Kind Component of dapr.io/v1alpha1, and its neighbour HTTPEndpoint.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "edge/base/time.h"
#include "edge/daemon/resources/value.h"

namespace edge::daemon {

struct NamedValue {
  std::string name;
  Value value;
};

struct Component {
  std::string name;
  std::string name_space;
  std::string type;     // "<category>.<implementation>", as written; compared in lower case
  std::string version;  // "", "v0" and "v1" are the same
  Duration init_timeout = std::chrono::seconds(5);
  bool ignore_errors = false;
  std::vector<NamedValue> metadata;
  std::string secret_store;         // where its secretKeyRefs are looked up
  std::vector<std::string> scopes;  // app ids; empty: every app
  Source source;
  std::size_t fingerprint = 0;  // of its document
};

// Names and resolved texts, in order; secrets in plain text.
std::vector<std::pair<std::string, std::string>> properties(const Component& component);

// A URL that apps call by name. Source: the wire reference §15.3.
struct HttpEndpoint {
  std::string name;
  std::string name_space;
  std::string base_url;
  std::vector<NamedValue> headers;  // set over the caller's
  std::optional<Value> root_ca;     // PEM
  std::optional<Value> certificate;
  std::optional<Value> private_key;
  std::string secret_store;
  std::vector<std::string> scopes;
  Source source;
};

}  // namespace edge::daemon
