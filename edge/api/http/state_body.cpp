#include "edge/api/http/state_body.h"

#include <nlohmann/json.hpp>

#include "edge/api/http/state_scan.h"
#include "edge/base/json.h"
#include "edge/blocks/bulk_limit.h"

namespace edge::api {
namespace {

using Json = nlohmann::json;
using blocks::ApiError;
using blocks::ApiResult;
using blocks::check_entries;
using blocks::malformed_request;

std::unexpected<ApiError> malformed(std::string_view prefix, const Error& error) {
  return std::unexpected(malformed_request(std::string(prefix) + error.message));
}

ApiError not_saved(std::string_view store, const Error& error) {
  ApiError told{.tag = "ERR_STATE_SAVE", .message = "failed saving state in state store "};
  told.message.append(store).append(": ").append(error.message);
  return told;
}

// Of a transaction's request. daprd finds an option that it does not know when it executes it.
std::unexpected<ApiError> bad_request(const Error& error) {
  if (error.code != Code::kFailedPrecondition) return malformed(kDecodePrefix, error);
  return std::unexpected(
      ApiError{.tag = "ERR_STATE_TRANSACTION",
               .message = "error while executing state transaction: " + error.message});
}

// A member that must be text where it is there.
Result<std::string> text_of(const Json& object, std::string_view name) {
  auto member = string_member(object, name);
  if (!member) return member.error();
  return member->value_or("");
}

Error not_an_object(std::string_view what) {
  return {Code::kInvalidArgument, std::string(what) + " must be an object"};
}

// The object that a body is; null is one without members.
ApiResult<Json> parse_object(std::string_view body) {
  auto json = parse_json(body);
  if (!json) return malformed(kDecodePrefix, json.error());
  if (json->is_null()) return Json::object();
  if (!json->is_object()) return malformed(kDecodePrefix, not_an_object("the body"));
  return std::move(*json);
}

Status read_options(const Json& item, state::Concurrency& concurrency) {
  const Json* options = find_member(item, "options");
  if (options == nullptr) return {};
  if (!options->is_object()) return not_an_object("\"options\"");
  auto wanted = text_of(*options, "concurrency");
  if (!wanted) return wanted.error();
  auto consistency = text_of(*options, "consistency");
  if (!consistency) return consistency.error();
  if (auto known = check_consistency(*consistency); !known) return known;
  auto parsed = parse_concurrency(*wanted);
  if (!parsed) return parsed.error();
  concurrency = *parsed;
  return {};
}

Status read_strings(const Json& given, state::Metadata& metadata) {
  if (!given.is_object()) {
    return Error{Code::kInvalidArgument, "\"metadata\" must be an object of strings"};
  }
  for (const auto& [name, value] : given.items()) {
    if (!value.is_string()) {
      return Error{Code::kInvalidArgument, "\"metadata." + name + "\" must be a string"};
    }
    metadata[name] = value.get<std::string>();
  }
  return {};
}

void add_query(const QueryMetadata& query, state::Metadata& metadata) {
  for (const auto& [name, value] : query) metadata[name] = value;
}

Status read_metadata(const Json& item, const QueryMetadata& query, state::Metadata& metadata) {
  if (const Json* given = find_member(item, "metadata"); given != nullptr) {
    if (auto read = read_strings(*given, metadata); !read) return read;
  }
  add_query(query, metadata);
  return {};
}

// The key and the etag, which either kind of write has.
template <class Write>
Status read_target(const Json& item, Write& request) {
  auto key = text_of(item, "key");
  if (!key) return key.error();
  request.key = std::move(*key);
  auto etag = string_member(item, "etag");
  if (!etag) return etag.error();
  request.etag = std::move(*etag);
  return {};
}

Result<state::SetRequest> read_set(const Json& item, const QueryMetadata& query) {
  state::SetRequest request;
  if (auto read = read_target(item, request); !read) return read.error();
  const Json* value = find_member(item, "value");
  request.value = value == nullptr ? "null" : dump_json(*value);
  if (auto read = read_metadata(item, query, request.metadata); !read) return read.error();
  if (auto read = read_options(item, request.concurrency); !read) return read.error();
  return request;
}

Result<state::DeleteRequest> read_delete(const Json& item) {
  state::DeleteRequest request;
  if (auto read = read_target(item, request); !read) return read.error();
  if (auto read = read_options(item, request.concurrency); !read) return read.error();
  return request;
}

ApiResult<state::Operation> read_operation(const Json& item, const QueryMetadata& query) {
  if (!item.is_object()) return malformed(kDecodePrefix, not_an_object("an operation"));
  auto kind = text_of(item, "operation");
  if (!kind) return malformed(kDecodePrefix, kind.error());
  const Json* found = find_member(item, "request");
  const Json request = found == nullptr ? Json::object() : *found;
  if (!request.is_object()) return malformed(kDecodePrefix, not_an_object("\"request\""));
  if (*kind == "upsert") {
    auto set = read_set(request, query);
    if (!set) return bad_request(set.error());
    return std::move(*set);
  }
  if (*kind == "delete") {
    auto removal = read_delete(request);
    if (!removal) return bad_request(removal.error());
    return std::move(*removal);
  }
  ApiError error = malformed_request("operation type " + *kind + " not supported");
  error.tag = "ERR_NOT_SUPPORTED_STATE_OPERATION";
  return std::unexpected(std::move(error));
}

}  // namespace

Result<state::Concurrency> parse_concurrency(std::string_view text) {
  if (text.empty()) return state::Concurrency::kUnspecified;
  if (text == "first-write") return state::Concurrency::kFirstWrite;
  if (text == "last-write") return state::Concurrency::kLastWrite;
  return Error{Code::kFailedPrecondition, "unrecognized concurrency model '" + std::string(text) +
                                              "'; use first-write or last-write"};
}

Status check_consistency(std::string_view text) {
  if (text.empty() || text == "strong" || text == "eventual") return {};
  return Error{Code::kFailedPrecondition, "unrecognized consistency model '" + std::string(text) +
                                              "'; use strong or eventual"};
}

ApiResult<std::vector<state::SetRequest>> parse_save(std::string_view store, std::string_view body,
                                                     const QueryMetadata& query) {
  if (auto plain = scan_save(body)) {
    if (auto few = check_entries(plain->size(), "items"); !few) return std::unexpected(few.error());
    for (state::SetRequest& item : *plain) add_query(query, item.metadata);
    return std::move(*plain);
  }
  auto json = parse_json(body);
  if (!json) return malformed("", json.error());
  if (!json->is_array()) {
    return std::unexpected(
        malformed_request("expected an array of items with \"key\" and \"value\""));
  }
  if (auto few = check_entries(json->size(), "items"); !few) return std::unexpected(few.error());
  std::vector<state::SetRequest> items;
  for (const Json& item : *json) {
    auto set = read_set(item, query);
    if (!set && set.error().code == Code::kFailedPrecondition) {
      return std::unexpected(not_saved(store, set.error()));
    }
    if (!set) return malformed("", set.error());
    if (set->key.empty()) {
      return std::unexpected(malformed_request("\"key\" is a required field"));
    }
    items.push_back(std::move(*set));
  }
  return items;
}

ApiResult<std::vector<std::string>> parse_bulk_get(std::string_view body) {
  auto json = parse_object(body);
  if (!json) return std::unexpected(std::move(json.error()));
  auto parallelism = int_member(*json, "parallelism");
  if (!parallelism) return malformed(kDecodePrefix, parallelism.error());
  std::vector<std::string> keys;
  const Json* list = find_member(*json, "keys");
  if (list == nullptr) return keys;
  const Error wrong{Code::kInvalidArgument, "\"keys\" must be an array of strings"};
  if (!list->is_array()) return malformed(kDecodePrefix, wrong);
  if (auto few = check_entries(list->size(), "keys"); !few) return std::unexpected(few.error());
  for (const Json& key : *list) {
    if (!key.is_string()) return malformed(kDecodePrefix, wrong);
    keys.push_back(key.get<std::string>());
  }
  return keys;
}

ApiResult<std::vector<state::Operation>> parse_transaction(std::string_view body,
                                                           const QueryMetadata& query) {
  auto json = parse_object(body);
  if (!json) return std::unexpected(std::move(json.error()));
  std::vector<state::Operation> operations;
  const Json* list = find_member(*json, "operations");
  if (list == nullptr) return operations;
  if (!list->is_array()) {
    return malformed(kDecodePrefix, {Code::kInvalidArgument, "\"operations\" must be an array"});
  }
  if (auto few = check_entries(list->size(), "operations"); !few) {
    return std::unexpected(few.error());
  }
  for (const Json& item : *list) {
    auto operation = read_operation(item, query);
    if (!operation) return std::unexpected(std::move(operation.error()));
    operations.push_back(std::move(*operation));
  }
  return operations;
}

std::string bulk_get_body(const std::vector<state::Item>& items) {
  std::string body = "[";
  for (const state::Item& item : items) {
    if (body.size() > 1) body.push_back(',');
    body.append("{\"key\":").append(dump_json(item.key));
    if (item.value) body.append(",\"data\":").append(*item.value);
    if (!item.etag.empty()) body.append(",\"etag\":").append(dump_json(item.etag));
    if (!item.metadata.empty()) body.append(",\"metadata\":").append(dump_json(item.metadata));
    body.push_back('}');
  }
  body.push_back(']');
  return body;
}

}  // namespace edge::api
