// How a gRPC call ended, as it stands in trailers.
// Source: gRPC over HTTP/2, "Responses", "HTTP status code to gRPC status code".
#pragma once

#include <string>
#include <string_view>

#include "edge/base/header_list.h"
#include "edge/base/result.h"

namespace edge::grpc {

// The trailers that tell `status`. `details` is a serialized google.rpc.Status, or "". Clients take
// heads of a few KiB: a long message is cut, and long details are left out.
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
