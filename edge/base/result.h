// Errors as values: every operation that can fail returns Result<T> or Status.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace edge {

// The 16 gRPC status codes, with gRPC's numbers. Callers choose by what they can do:
// kUnavailable: try this call again. kAborted: redo the whole read-modify-write.
// kFailedPrecondition: do not retry until something changes.
enum class Code : std::uint8_t {
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

// gRPC's CamelCase name of a code, as Dapr prints it in messages ("Unavailable").
std::string_view code_name(Code code) noexcept;

// HTTP status that Dapr answers for a gRPC code (wire reference §1.6).
int http_status(Code code) noexcept;

// gRPC code that Dapr derives from an app's HTTP status (wire reference §1.6).
// Errors: none; 2xx has no error code and must not be passed.
Code code_from_http(int status) noexcept;

// What went wrong, in words that a person can act on.
struct Error {
  Code code = Code::kUnknown;
  std::string message;

  // The same error, seen from one level up: "<context>: <message>".
  [[nodiscard]] Error within(std::string_view context) const {
    return {code, std::string(context) + ": " + message};
  }
};

// A value or an Error, with std::expected's members.
template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
  Result(Error error) : std::expected<T, Error>(std::unexpected(std::move(error))) {}  // NOLINT
};

using Status = Result<void>;

}  // namespace edge
