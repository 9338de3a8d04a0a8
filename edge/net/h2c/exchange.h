// One HTTP/2 request and its answer, as a handler of HTTP/1 requests sees them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "edge/net/http1/server.h"
#include "edge/net/http2/stream.h"

namespace edge::h2c {

class Exchange final : public http1::ServerExchange {
 public:
  // All outlive it.
  Exchange(Loop& loop, http2::Stream& stream, const std::string& peer_host);

  [[nodiscard]] const http1::Head& request() const noexcept override { return head_; }
  [[nodiscard]] ByteSource& body() noexcept override;
  [[nodiscard]] const std::string& peer_host() const noexcept override { return peer_host_; }
  [[nodiscard]] bool answered() const noexcept override { return stream_.answered(); }
  [[nodiscard]] std::uint64_t sent_bytes() const noexcept override { return sent_; }
  Async<Status> reply(Ctx ctx, http1::Response response, std::string_view body) override;
  Async<Status> send(Ctx ctx, http1::Response response, ByteSource* body) override;

 private:
  void take_head();
  [[nodiscard]] bool has_body(int status) const noexcept;
  Status begin(const http1::Response& response, http2::Follows follows);
  Task<Status> end_with(Ctx ctx, http1::Response response, std::string_view body);
  Task<Status> send_all(Ctx ctx, http1::Response response, ByteSource* body);
  Task<Status> send_pieces(Ctx ctx, ByteSource* body, std::optional<std::uint64_t> length);

  Loop& loop_;
  http2::Stream& stream_;
  const std::string& peer_host_;
  http1::Head head_;
  TextSource nothing_{""};
  std::uint64_t sent_ = 0;
};

}  // namespace edge::h2c
