#include "edge/base/result.h"

#include <array>

namespace edge {
namespace {

struct CodeRow {
  std::string_view name;
  int http;
};

constexpr std::array<CodeRow, 17> kCodes = {{
    {"OK", 200},
    {"Canceled", 408},
    {"Unknown", 500},
    {"InvalidArgument", 400},
    {"DeadlineExceeded", 504},
    {"NotFound", 404},
    {"AlreadyExists", 409},
    {"PermissionDenied", 403},
    {"ResourceExhausted", 429},
    {"FailedPrecondition", 400},
    {"Aborted", 409},
    {"OutOfRange", 400},
    {"Unimplemented", 501},
    {"Internal", 500},
    {"Unavailable", 503},
    {"DataLoss", 500},
    {"Unauthenticated", 401},
}};

}  // namespace

std::string_view code_name(Code code) noexcept {
  return kCodes[static_cast<std::size_t>(code)].name;
}

int http_status(Code code) noexcept {
  return kCodes[static_cast<std::size_t>(code)].http;
}

Code code_from_http(int status) noexcept {
  switch (status) {
    case 400:
      return Code::kInternal;
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kPermissionDenied;
    case 404:
      return Code::kNotFound;
    case 408:
      return Code::kCancelled;
    case 409:
      return Code::kAlreadyExists;
    case 429:
      return Code::kResourceExhausted;
    case 501:
      return Code::kUnimplemented;
    case 503:
      return Code::kUnavailable;
    case 504:
      return Code::kDeadlineExceeded;
    default:
      return Code::kUnknown;
  }
}

}  // namespace edge
