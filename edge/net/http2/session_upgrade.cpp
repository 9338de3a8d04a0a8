// A connection that began with a request by HTTP/1.1.
#include <string>

#include <nghttp2/nghttp2.h>

#include "edge/net/http2/session.h"

namespace edge::http2 {
namespace {

constexpr std::int32_t kUpgraded = 1;  // the stream that it becomes

}  // namespace

Status Session::adopt(const Upgrade& upgrade) {
  const RequestHead& request = upgrade.request;
  auto stream = std::make_shared<Stream>(loop_, *this);
  stream->id_ = kUpgraded;
  const auto* settings = reinterpret_cast<const std::uint8_t*>(upgrade.settings.data());
  const int code = nghttp2_session_upgrade2(session_.get(), settings, upgrade.settings.size(),
                                            request.method == "HEAD" ? 1 : 0, stream.get());
  if (code != 0) {
    return Error{Code::kInvalidArgument, std::string("HTTP2-Settings: ") + nghttp2_strerror(code)};
  }
  // The client is still to begin.
  opened_ = changed_ = false;
  const auto add = [&](std::string_view name, std::string_view value) {
    stream->head_.add(name, value, limits_.header_bytes);
  };
  add(":method", request.method);
  add(":scheme", request.scheme);
  add(":authority", request.authority);
  add(":path", request.path);
  for (const Header& field : *request.fields) add(field.name, field.value);
  stream->head_came();
  stream->end_came();
  streams_.emplace(kUpgraded, stream);
  arrived_.push_back(std::move(stream));
  watch_streams();
  return {};
}

}  // namespace edge::http2
