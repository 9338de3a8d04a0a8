#include "edge/net/http1/head.h"

#include <algorithm>

#include <llhttp.h>

#include "edge/net/http1/plain_head.h"
#include "edge/net/http1/text.h"

namespace edge::http1 {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::size_t kKeptBytes = 4096;
constexpr std::size_t kKeptHeaders = 64;

// llhttp's parser with the head that it fills; spans arrive whole, because the head is.
struct Parser {
  llhttp_t state{};
  Head* head = nullptr;
};

Parser& self(llhttp_t* state) {
  return *static_cast<Parser*>(state->data);
}

int on_method(llhttp_t* state, const char* at, std::size_t size) {
  self(state).head->method = {at, size};
  return 0;
}

int on_target(llhttp_t* state, const char* at, std::size_t size) {
  self(state).head->target = {at, size};
  return 0;
}

int on_field(llhttp_t* state, const char* at, std::size_t size) {
  self(state).head->headers.add({at, size}, {});
  return 0;
}

int on_value(llhttp_t* state, const char* at, std::size_t size) {
  // A value may come in several spans.
  Header& header = self(state).head->headers.back();
  const char* begin = header.value.empty() ? at : header.value.data();
  header.value = {begin, static_cast<std::size_t>(at + size - begin)};
  return 0;
}

int on_value_complete(llhttp_t* state) {
  std::string_view& value = self(state).head->headers.back().value;
  while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
  while (value.starts_with('\t') || value.starts_with(' ')) value.remove_prefix(1);
  return 0;
}

int on_complete(llhttp_t*) {
  return HPE_PAUSED;
}

const llhttp_settings_t& settings() {
  static const llhttp_settings_t table = [] {
    llhttp_settings_t made;
    llhttp_settings_init(&made);
    made.on_method = on_method;
    made.on_url = on_target;
    made.on_header_field = on_field;
    made.on_header_value = on_value;
    made.on_header_value_complete = on_value_complete;
    made.on_headers_complete = on_complete;
    return made;
  }();
  return table;
}

Error malformed(std::string_view what) {
  return {Code::kInvalidArgument, "malformed HTTP message: " + std::string(what)};
}

Error too_large(std::size_t limit) {
  return {Code::kResourceExhausted, "the header block is over " + std::to_string(limit) + " bytes"};
}

Error other_version() {
  return {Code::kUnimplemented, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
}

// Holds what llhttp is lenient about: every line ends in CRLF, none continues the one before it
// or has no name, and no byte is NUL. Source: RFC 9112 §2.2, §5.2; RFC 9110 §5.5.
Status check_lines(std::string_view bytes) {
  if (bytes.contains('\0')) return malformed("a NUL in the header block");
  while (!bytes.empty()) {
    if (std::string_view(" \t:").contains(bytes.front())) return malformed("a line without a name");
    const std::size_t feed = bytes.find('\n');
    const auto line = bytes.substr(0, feed);
    const std::size_t ret = line.find('\r');
    const bool whole = feed != std::string_view::npos;
    const bool crlf = ret != std::string_view::npos && ret + 1 == line.size();
    if (!crlf && (whole || ret != std::string_view::npos)) {
      return malformed("lines must end in CRLF");
    }
    bytes.remove_prefix(whole ? feed + 1 : bytes.size());
  }
  return {};
}

// Runs llhttp over `bytes`; true once the header block is complete.
Result<bool> execute(Parser& parser, llhttp_type_t type, std::string_view bytes) {
  if (auto checked = check_lines(bytes); !checked) return checked.error();
  llhttp_init(&parser.state, type, &settings());
  parser.state.data = &parser;
  const auto result = llhttp_execute(&parser.state, bytes.data(), bytes.size());
  if (result == HPE_PAUSED) return true;
  if (result == HPE_OK) return false;
  if (result == HPE_PAUSED_H2_UPGRADE || result == HPE_INVALID_VERSION) return other_version();
  const char* reason = llhttp_get_error_reason(&parser.state);
  return malformed(reason != nullptr ? reason : llhttp_errno_name(result));
}

// Finds the head's end, and refuses early what can never become one.
Result<HeadProgress> locate(std::string_view bytes, std::size_t limit, llhttp_type_t type) {
  const std::size_t end = bytes.substr(0, limit + kHeadEnd.size()).find(kHeadEnd);
  if (end != std::string_view::npos && end + kHeadEnd.size() <= limit) {
    return HeadProgress{true, end + kHeadEnd.size()};
  }
  if (bytes.size() >= limit) return too_large(limit);
  Head scratch;
  Parser parser;
  parser.head = &scratch;
  auto checked = execute(parser, type, bytes);
  if (!checked) return checked.error();
  return HeadProgress{};
}

// llhttp lets a space stand in some names.
Status check_names(const HeaderList& headers) {
  for (const Header& header : headers) {
    if (!std::ranges::all_of(header.name, is_token)) return malformed("a header name is no token");
  }
  return {};
}

Status parse_located(std::string_view bytes, llhttp_type_t type, Parser& parser) {
  Head& head = *parser.head;
  head.clear();
  head.storage.assign(bytes);
  auto done = execute(parser, type, head.storage);
  if (!done) return done.error();
  const llhttp_t& state = parser.state;
  if (!*done && state.method == HTTP_PRI) return other_version();
  if (!*done) return malformed("the header block does not end");
  if (state.http_major != 1) return other_version();
  head.minor = state.http_minor;
  head.keep_alive = (state.flags & F_CONNECTION_CLOSE) == 0 &&
                    (head.minor >= 1 || (state.flags & F_CONNECTION_KEEP_ALIVE) != 0);
  return check_names(head.headers);
}

std::size_t count(const HeaderList& headers, std::string_view name) {
  return static_cast<std::size_t>(
      std::count_if(headers.begin(), headers.end(),
                    [name](const Header& h) { return equals_ignoring_case(h.name, name); }));
}

// llhttp tells of a Content-Length; what a Transfer-Encoding says is looked at here.
// Source: RFC 9112 §6.1, §6.3.
Status set_framing(const llhttp_t& state, Head& head) {
  const std::size_t encodings = count(head.headers, "transfer-encoding");
  const bool has_length = (state.flags & F_CONTENT_LENGTH) != 0;
  if (encodings > 0) {
    const auto encoding = head.headers.find("transfer-encoding");
    if (encodings > 1 || !equals_ignoring_case(*encoding, "chunked") || head.minor == 0) {
      return malformed("Transfer-Encoding must be chunked, once, over HTTP/1.1");
    }
    if (has_length) return malformed("both Transfer-Encoding and Content-Length");
    head.framing = Framing::kChunked;
  } else if (has_length) {
    head.framing = state.content_length == 0 ? Framing::kNone : Framing::kLength;
    head.content_length = state.content_length;
  }
  return {};
}

// One space between the parts. llhttp takes more of them, and the start lines of RTSP and ICE.
// Source: RFC 9112 §3.
bool is_request_line(const Head& head) {
  const std::string_view line = head.storage;
  return line.substr(head.method.size()).starts_with(' ') &&
         head.target.data() == line.data() + head.method.size() + 1 &&
         line.substr(head.method.size() + 1 + head.target.size()).starts_with(" HTTP/1.");
}

// "HTTP/1.1 200" and what may follow. Source: RFC 9112 §4.
bool is_status_line(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789";
  return bytes.size() > 12 && bytes.starts_with("HTTP/1.") && bytes[8] == ' ' && bytes[9] != '0' &&
         kDigits.contains(bytes[9]) && kDigits.contains(bytes[10]) && kDigits.contains(bytes[11]) &&
         (bytes[12] == ' ' || bytes[12] == '\r');
}

// What the status, and the request that is answered, say about the body.
void finish_response(Answering answering, Head& head) {
  const bool bodiless = answering == Answering::kHead || head.status < 200 || head.status == 204 ||
                        head.status == 304;
  if (bodiless) head.framing = Framing::kNone;
  // After 101 the connection speaks something else.
  if (head.framing == Framing::kUntilClose || head.status == 101) head.keep_alive = false;
}

}  // namespace

// Heads are kept and used again: one that was long must not hold its memory.
void Head::clear() noexcept {
  if (storage.capacity() > kKeptBytes) storage = std::string();
  if (headers.size() > kKeptHeaders) headers = HeaderList();
  storage.clear();
  headers.clear();
  method = target = {};
  status = 0;
  minor = 1;
  framing = Framing::kNone;
  content_length = 0;
  keep_alive = true;
  expects_continue = false;
  wants_upgrade = false;
}

Result<HeadProgress> parse_request(std::string_view bytes, std::size_t limit, Head& head) {
  if (const std::size_t size = take_plain_request(bytes, limit, head); size > 0) {
    return HeadProgress{true, size};
  }
  return parse_any_request(bytes, limit, head);
}

Result<HeadProgress> parse_response(std::string_view bytes, std::size_t limit, Answering answering,
                                    Head& head) {
  if (const std::size_t size = take_plain_response(bytes, limit, head); size > 0) {
    finish_response(answering, head);
    return HeadProgress{true, size};
  }
  return parse_any_response(bytes, limit, answering, head);
}

Result<HeadProgress> parse_any_request(std::string_view bytes, std::size_t limit, Head& head) {
  // Empty lines before a request are skipped. Source: RFC 9112 §2.2.
  std::size_t skipped = 0;
  while (bytes.substr(skipped).starts_with("\r\n")) skipped += 2;
  if (skipped > limit) return too_large(limit);
  bytes.remove_prefix(skipped);
  auto progress = locate(bytes, limit, HTTP_REQUEST);
  if (!progress || !progress->complete) return progress;
  Parser parser;
  parser.head = &head;
  if (auto ok = parse_located(bytes.substr(0, progress->size), HTTP_REQUEST, parser); !ok) {
    return ok.error();
  }
  if (!is_request_line(head)) return malformed("the request line is not that of HTTP/1.1");
  const std::size_t hosts = count(head.headers, "host");
  if (hosts > 1 || (hosts == 0 && head.minor >= 1)) {
    return malformed("a request needs one Host header");
  }
  if (auto framed = set_framing(parser.state, head); !framed) return framed.error();
  const auto expect = head.headers.find("expect");
  head.expects_continue =
      head.minor >= 1 && expect && equals_ignoring_case(*expect, "100-continue");
  constexpr unsigned kUpgrade = F_UPGRADE | F_CONNECTION_UPGRADE;
  head.wants_upgrade = head.minor >= 1 && (parser.state.flags & kUpgrade) == kUpgrade;
  progress->size += skipped;
  return progress;
}

Result<HeadProgress> parse_any_response(std::string_view bytes, std::size_t limit,
                                        Answering answering, Head& head) {
  auto progress = locate(bytes, limit, HTTP_RESPONSE);
  if (!progress || !progress->complete) return progress;
  Parser parser;
  parser.head = &head;
  if (auto ok = parse_located(bytes.substr(0, progress->size), HTTP_RESPONSE, parser); !ok) {
    return ok.error();
  }
  head.status = parser.state.status_code;
  if (!is_status_line(head.storage)) return malformed("not an HTTP/1.1 status line");
  if (auto framed = set_framing(parser.state, head); !framed) return framed.error();
  if (head.framing == Framing::kNone && (parser.state.flags & F_CONTENT_LENGTH) == 0) {
    head.framing = Framing::kUntilClose;
  }
  finish_response(answering, head);
  return progress;
}

}  // namespace edge::http1
