// How a gRPC call ended, as it stands in trailers.
// Source: gRPC over HTTP/2, "Responses", "HTTP status code to gRPC status code".
#pragma once

#include <string>
#include <string_view>

#include "edge/base/header_list.h"
#include "edge/base/result.h"

namespace edge::grpc {

// Bytes of an escaped message, and of a serialized google.rpc.Status: clients take heads of 8 KiB.
inline constexpr std::size_t kMostMessage = 2048;
inline constexpr std::size_t kMostDetails = 3072;

// The beginning of a text, of at most `most` bytes once it is escaped (encode_message()), without
// a character that is cut in two.
std::string_view bounded_message(std::string_view text, std::size_t most);

// The trailers that tell `status`. `details` is a serialized google.rpc.Status, or "". A long
// message is cut, and details of more than kMostDetails bytes are left out.
class Trailers {
 public:
  explicit Trailers(const Status& status, std::string_view details = "");
  Trailers(const Trailers&) = delete;
  Trailers& operator=(const Trailers&) = delete;

  // What else the handler says; views outlive this.
  void add(std::string_view name, std::string_view value) { list_.add(name, value); }
  [[nodiscard]] const HeaderList& list() const noexcept { return list_; }

 private:
  std::string code_;
  std::string message_;
  std::string details_;
  HeaderList list_;
};

// Everything but visible ASCII without '%' is escaped.
std::string encode_message(std::string_view message);
// What is no escape is taken as it stands.
std::string decode_message(std::string_view text);

// What the other end told; `http_status` decides where it told no grpc-status.
Status read_status(const HeaderList& trailers, int http_status);
// The serialized google.rpc.Status of the trailers; "" where there is none, or no base64.
std::string read_details(const HeaderList& trailers);

}  // namespace edge::grpc
