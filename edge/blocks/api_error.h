// ApiError: a building block's failure as every protocol shows it.
//
// The tags, messages and reasons are part of the API: clients match on them. Each protocol
// renders the same error in its own form. Source: wire reference §0.2, §0.3.
#pragma once

#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "edge/base/result.h"

namespace edge::blocks {

struct ApiError {
  int http = 500;
  Code grpc = Code::kInternal;
  std::string tag;  // "ERR_STATE_GET"
  std::string message;

  // The structured part; none of it is shown where `reason` is empty.
  std::string reason;                                         // "DAPR_STATE_NOT_FOUND"
  std::vector<std::pair<std::string, std::string>> metadata;  // of ErrorInfo
  std::string resource_type;                                  // ResourceInfo, where not empty
  std::string resource_name;
  std::string field;     // BadRequest, where not empty; its description is the message
  std::string help_url;  // Help, where not empty
  std::string help_text;
  std::string resource_description;
};

template <class T>
using ApiResult = std::expected<T, ApiError>;

inline ApiError malformed_request(std::string detail) {
  return {.http = 400,
          .grpc = Code::kInvalidArgument,
          .tag = "ERR_MALFORMED_REQUEST",
          .message = std::move(detail)};
}

}  // namespace edge::blocks
