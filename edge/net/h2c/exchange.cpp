#include "edge/net/h2c/exchange.h"

#include <algorithm>
#include <array>

#include "edge/base/strings.h"
#include "edge/net/http1/text.h"

namespace edge::h2c {
namespace {

using http2::Follows;

constexpr auto kOfHttp1 = std::to_array<std::string_view>(
    {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"});

// An answer's head as HTTP/2 has it.
class Fields {
 public:
  // `lines` as in http1::Response; they outlive it.
  explicit Fields(std::string_view lines) {
    names_.reserve(lines.size());  // so that views stay
    while (!lines.empty()) {
      const std::size_t end = std::min(lines.find("\r\n"), lines.size());
      add_line(lines.substr(0, end));
      lines.remove_prefix(std::min(end + 2, lines.size()));
    }
  }
  void add(std::string_view name, std::string_view value) { list_.add(name, value); }
  [[nodiscard]] const HeaderList& list() const noexcept { return list_; }

 private:
  void add_line(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::size_t begin = names_.size();
    names_ += to_lower(line.substr(0, colon));
    const auto name = std::string_view(names_).substr(begin);
    if (std::ranges::find(kOfHttp1, name) != kOfHttp1.end()) return;
    list_.add(name, trim(line.substr(colon + 1)));
  }

  std::string names_;
  HeaderList list_;
};

// All cookies in one field, as HTTP/1.1 has them; "" where there is one at most.
// Source: RFC 9113 §8.2.3.
std::string joined_cookies(const HeaderList& headers) {
  std::string joined;
  int count = 0;
  for (const Header& header : headers) {
    if (header.name != "cookie") continue;
    joined.append(count++ == 0 ? "" : "; ").append(header.value);
  }
  return count > 1 ? joined : "";
}

}  // namespace

Exchange::Exchange(Loop& loop, http2::Stream& stream, const std::string& peer_host)
    : loop_(loop), stream_(stream), peer_host_(peer_host) {
  take_head();
}

void Exchange::take_head() {
  const http2::Head& from = stream_.head();
  head_.method = from.method;
  head_.target = from.path.empty() ? from.authority : from.path;
  head_.storage = joined_cookies(from.headers);
  const auto host = from.authority.empty() ? from.headers.find("host") : from.authority;
  if (host) head_.headers.add("host", *host);
  if (!head_.storage.empty()) head_.headers.add("cookie", head_.storage);
  for (const Header& field : from.headers) {
    const bool joined = field.name == "cookie" && !head_.storage.empty();
    if (field.name != "host" && !joined) head_.headers.add(field.name, field.value);
  }
  const ByteSource& body = stream_.body();
  if (body.finished()) return;
  head_.framing = body.length() ? http1::Framing::kLength : http1::Framing::kChunked;
  head_.content_length = body.length().value_or(0);
}

ByteSource& Exchange::body() noexcept {
  if (head_.framing == http1::Framing::kNone) return nothing_;
  return stream_.body();
}

bool Exchange::has_body(int status) const noexcept {
  return status >= 200 && status != 204 && status != 304 && head_.method != "HEAD";
}

Status Exchange::begin(const http1::Response& response, Follows follows) {
  Fields fields(response.headers);
  std::string length;
  if (response.length && response.status >= 200 && response.status != 204) {
    length = std::to_string(*response.length);
    fields.add("content-length", length);
  }
  return stream_.answer(response.status, fields.list(), follows);
}

Async<Status> Exchange::reply(Ctx ctx, http1::Response response, std::string_view body) {
  if (!response.length && response.status != 304) response.length = body.size();
  http1::append_header(response.headers, "date", http1::http_date(loop_.wall_now()));
  if (!has_body(response.status)) body = {};
  return end_with(ctx, std::move(response), body);
}

Task<Status> Exchange::end_with(Ctx ctx, http1::Response response, std::string_view body) {
  auto begun = begin(response, body.empty() ? Follows::kNothing : Follows::kBody);
  if (!begun || body.empty()) co_return begun;
  sent_ += body.size();
  co_return co_await stream_.end(ctx, body);
}

Async<Status> Exchange::send(Ctx ctx, http1::Response response, ByteSource* body) {
  return send_all(ctx, std::move(response), body);
}

Task<Status> Exchange::send_all(Ctx ctx, http1::Response response, ByteSource* body) {
  if (!has_body(response.status)) co_return begin(response, Follows::kNothing);
  auto sent = begin(response, Follows::kBody);
  if (sent) sent = co_await send_pieces(ctx, body, response.length);
  // The client must not take a part for the whole.
  if (!sent) stream_.reset(http2::Reason::kInternalError);
  co_return sent;
}

Task<Status> Exchange::send_pieces(Ctx ctx, ByteSource* body, std::optional<std::uint64_t> length) {
  const Error wrong_length{Code::kInternal, "the body is not as long as the answer says"};
  std::string_view piece = body->take_ready();
  bool last = body->finished();
  while (!last) {
    sent_ += piece.size();
    if (sent_ > length.value_or(UINT64_MAX)) co_return wrong_length;
    auto written = co_await stream_.write(ctx, piece);
    if (!written) co_return written;
    auto next = co_await body->read(ctx);
    if (!next) co_return next.error();
    piece = *next;
    last = piece.empty() || body->finished() || sent_ + piece.size() == length;
  }
  sent_ += piece.size();
  if (sent_ != length.value_or(sent_)) co_return wrong_length;
  co_return co_await stream_.end(ctx, piece);
}

}  // namespace edge::h2c
