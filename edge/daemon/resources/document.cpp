#include "edge/daemon/resources/document.h"

#include <algorithm>

#include "edge/base/log.h"

namespace edge::daemon {
namespace {

// Source: Kubernetes' IsValidPathSegmentName, and no control characters.
bool is_path_segment(std::string_view name) {
  const auto is_bad = [](char c) {
    return c == '/' || c == '%' || c == 0x7F || static_cast<unsigned char>(c) < 0x20;
  };
  return name != "." && name != ".." && std::ranges::none_of(name, is_bad);
}

}  // namespace

Document open_document(const Reading& reading, const yaml::Node& root) {
  Fields fields(reading, root, "");
  Fields metadata = fields.map("metadata");
  Document document{.root = fields, .metadata = metadata};
  document.root.read("apiVersion", document.api_version);
  document.root.read("kind", document.kind);
  document.metadata.read("name", document.name);
  document.metadata.read("namespace", document.name_space);
  return document;
}

std::string required_name(Document& document) {
  if (!document.metadata.is_present()) {
    document.root.problem("metadata", "missing; add metadata with a name below");
    return "";
  }
  if (!document.metadata.require("name", document.name, "give the resource a name")) return "";
  if (!is_path_segment(document.name)) {
    document.metadata.problem("name", "expected a name that fits into a URL path, got " +
                                          in_quotes(document.name) +
                                          "; leave out '/', '%' and control characters");
  }
  return document.name;
}

void warn_of_unknown(const Document& document, const Fields& spec) {
  std::string names;
  for (const Fields::Unknown& field : spec.unknown()) {
    names += (names.empty() ? "" : ", ") + field.path + field.hint;
  }
  if (names.empty()) return;
  log::warn("edge.resources", "fields that are not known are ignored",
            {{"kind", document.kind},
             {"name", document.name},
             {"fields", names},
             {"at", to_text(document.source())}});
}

}  // namespace edge::daemon
