// A call as it goes to another hub, and as it comes from one. Source: wire reference §1.4, §1.8.
#pragma once

#include <string>

#include "edge/api/grpc/call_fields.h"
#include "edge/api/grpc/messages/internal_messages.h"
#include "edge/blocks/invoke/channel.h"

namespace edge::api {

// `hub`: who forwards. The body goes on its own.
rpc::InternalRequest internal_request(const blocks::Call& call, const FieldList& hub);

// What another hub has asked for. Outlives the call that is made of it; not copied.
class Delivery {
 public:
  Delivery() = default;
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  // Errors: kInvalidArgument (the leading message is not whole, or the method is none), kInternal
  // (what the app's channel refuses), as daprd words them.
  Status read(rpc::InternalRequest request);

  // Legal after read(), and set_body() where it is made.
  [[nodiscard]] blocks::Call& call() noexcept { return call_; }
  [[nodiscard]] const blocks::Call& call() const noexcept { return call_; }
  void set_body(ByteSource& body) noexcept { call_.body = &body; }
  [[nodiscard]] const HeaderList& headers() const noexcept { return headers_; }
  [[nodiscard]] bool has_extension() const noexcept {
    return request_.message && request_.message->http_extension.has_value();
  }
  // What the request's headers say about its body.
  [[nodiscard]] std::optional<std::uint64_t> length() const noexcept { return length_; }
  [[nodiscard]] std::string& data() noexcept { return request_.message->data.value; }

 private:
  rpc::InternalRequest request_;
  HeaderList headers_;
  blocks::Call call_;
  std::optional<std::uint64_t> length_;
};

}  // namespace edge::api
