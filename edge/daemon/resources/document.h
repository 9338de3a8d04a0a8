// One YAML document of a known shape: apiVersion, kind, metadata, spec.
#pragma once

#include <string>

#include "edge/daemon/resources/fields.h"

namespace edge::daemon {

struct Document {
  Fields root;
  Fields metadata;
  std::string api_version{};
  std::string kind{};
  std::string name{};
  std::string name_space{};

  [[nodiscard]] Source source() const { return root.source(); }
  [[nodiscard]] bool is_ours() const { return api_version.starts_with("edgelane.dev/"); }
};

Document open_document(const Reading& reading, const yaml::Node& root);

// metadata.name, which must be one segment of a URL path.
std::string required_name(Document& document);

// One warning line for fields below `spec` that nobody asked for; Dapr ignores them unseen.
void warn_of_unknown(const Document& document, const Fields& spec);

}  // namespace edge::daemon
