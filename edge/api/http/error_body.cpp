#include "edge/api/http/error_body.h"

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/json_writer.h"

namespace edge::api {
namespace {

using Json = nlohmann::json;

constexpr const char* kTypes = "type.googleapis.com/google.rpc.";

Json details(const blocks::ApiError& error) {
  Json list = Json::array();
  if (!error.field.empty()) {
    const Json violation = {{"field", error.field}, {"description", error.message}};
    list.push_back({{"@type", std::string(kTypes) + "BadRequest"},
                    {"field_violations", Json::array({violation})}});
  }
  if (!error.help_url.empty()) {
    const Json link = {{"description", error.help_text}, {"url", error.help_url}};
    list.push_back({{"@type", std::string(kTypes) + "Help"}, {"links", Json::array({link})}});
  }
  if (!error.resource_type.empty()) {
    list.push_back({{"@type", std::string(kTypes) + "ResourceInfo"},
                    {"description", error.resource_description},
                    {"owner", ""},
                    {"resource_name", error.resource_name},
                    {"resource_type", error.resource_type}});
  }
  Json metadata = nullptr;
  for (const auto& [name, value] : error.metadata) metadata[name] = value;
  list.push_back({{"@type", std::string(kTypes) + "ErrorInfo"},
                  {"domain", "dapr.io"},
                  {"metadata", std::move(metadata)},
                  {"reason", error.reason}});
  return list;
}

}  // namespace

std::string error_body(const blocks::ApiError& error) {
  JsonObject body;
  body.add("errorCode", error.tag).add("message", error.message);
  if (!error.reason.empty()) body.add_json("details", dump_json(details(error)));
  return body.text();
}

}  // namespace edge::api
