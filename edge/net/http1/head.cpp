#include "edge/net/http1/head.h"

#include <algorithm>

#include <llhttp.h>

namespace edge::http1 {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

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
  Header& header = self(state).head->headers.back();
  // A second span is a folded line; its CR is found by check_values.
  const char* begin = header.value.empty() ? at : header.value.data();
  header.value = {begin, static_cast<std::size_t>(at + size - begin)};
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
    made.on_headers_complete = on_complete;
    return made;
  }();
  return table;
}

Error malformed(std::string_view what) {
  return {Code::kInvalidArgument, "malformed HTTP message: " + std::string(what)};
}

// Runs llhttp over `bytes`; true once the header block is complete.
Result<bool> execute(Parser& parser, llhttp_type_t type, std::string_view bytes) {
  llhttp_init(&parser.state, type, &settings());
  parser.state.data = &parser;
  const auto result = llhttp_execute(&parser.state, bytes.data(), bytes.size());
  if (result == HPE_PAUSED) return true;
  if (result == HPE_OK) return false;
  if (result == HPE_PAUSED_H2_UPGRADE || result == HPE_INVALID_VERSION) {
    return Error{Code::kUnimplemented, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  }
  const char* reason = llhttp_get_error_reason(&parser.state);
  return malformed(reason != nullptr ? reason : llhttp_errno_name(result));
}

// Finds the head's end, and refuses early what can never become one.
Result<HeadProgress> locate(std::string_view bytes, std::size_t limit, llhttp_type_t type) {
  const std::size_t end = bytes.substr(0, limit + kHeadEnd.size()).find(kHeadEnd);
  if (end != std::string_view::npos && end + kHeadEnd.size() <= limit) {
    return HeadProgress{true, end + kHeadEnd.size()};
  }
  if (bytes.size() >= limit) {
    return Error{Code::kResourceExhausted,
                 "the header block is over " + std::to_string(limit) + " bytes"};
  }
  Head scratch;
  Parser parser;
  parser.head = &scratch;
  auto checked = execute(parser, type, bytes);
  if (!checked) return checked.error();
  if (*checked) return malformed("lines must end in CRLF");
  return HeadProgress{};
}

Status check_values(const HeaderList& headers) {
  for (const Header& header : headers) {
    if (header.value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
      return malformed("a header value spans lines or holds a NUL");
    }
  }
  return {};
}

std::size_t count(const HeaderList& headers, std::string_view name) {
  return static_cast<std::size_t>(
      std::count_if(headers.begin(), headers.end(),
                    [name](const Header& h) { return equals_ignoring_case(h.name, name); }));
}

Status parse_located(std::string_view bytes, llhttp_type_t type, Parser& parser) {
  Head& head = *parser.head;
  head.clear();
  head.storage.assign(bytes);
  auto done = execute(parser, type, head.storage);
  if (!done) return done.error();
  if (!*done) return malformed("the header block does not end");
  const auto* end = head.storage.data() + head.storage.size();
  if (llhttp_get_error_pos(&parser.state) + 1 < end) return malformed("lines must end in CRLF");
  head.minor = parser.state.http_minor;
  if (parser.state.http_major != 1) {
    return Error{Code::kUnimplemented, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  }
  head.keep_alive = llhttp_should_keep_alive(&parser.state) != 0;
  return check_values(head.headers);
}

void set_framing(const llhttp_t& state, Head& head) {
  if ((state.flags & F_CHUNKED) != 0) {
    head.framing = Framing::kChunked;
  } else if ((state.flags & F_CONTENT_LENGTH) != 0) {
    head.framing = state.content_length == 0 ? Framing::kNone : Framing::kLength;
    head.content_length = state.content_length;
  }
}

}  // namespace

void Head::clear() noexcept {
  storage.clear();
  headers.clear();
  method = target = {};
  status = 0;
  minor = 1;
  framing = Framing::kNone;
  content_length = 0;
  keep_alive = true;
  expects_continue = false;
}

Result<HeadProgress> parse_request(std::string_view bytes, std::size_t limit, Head& head) {
  // Empty lines before a request are skipped. Source: RFC 9112 §2.2.
  std::size_t skipped = 0;
  while (bytes.substr(skipped).starts_with("\r\n")) skipped += 2;
  bytes.remove_prefix(skipped);
  auto progress = locate(bytes, limit, HTTP_REQUEST);
  if (!progress || !progress->complete) return progress;
  Parser parser;
  parser.head = &head;
  if (auto ok = parse_located(bytes.substr(0, progress->size), HTTP_REQUEST, parser); !ok) {
    return ok.error();
  }
  if ((parser.state.flags & F_TRANSFER_ENCODING) != 0 &&
      ((parser.state.flags & F_CHUNKED) == 0 || head.minor == 0 ||
       count(head.headers, "transfer-encoding") > 1)) {
    return malformed("a request's Transfer-Encoding must be chunked, once, over HTTP/1.1");
  }
  if (head.minor >= 1 && count(head.headers, "host") != 1) {
    return malformed("a request needs one Host header");
  }
  set_framing(parser.state, head);
  const auto expect = head.headers.find("expect");
  head.expects_continue = expect && equals_ignoring_case(*expect, "100-continue");
  progress->size += skipped;
  return progress;
}

Result<HeadProgress> parse_response(std::string_view bytes, std::size_t limit, Answering answering,
                                    Head& head) {
  auto progress = locate(bytes, limit, HTTP_RESPONSE);
  if (!progress || !progress->complete) return progress;
  Parser parser;
  parser.head = &head;
  if (auto ok = parse_located(bytes.substr(0, progress->size), HTTP_RESPONSE, parser); !ok) {
    return ok.error();
  }
  head.status = parser.state.status_code;
  const bool bodiless = answering == Answering::kHead || head.status < 200 || head.status == 204 ||
                        head.status == 304;
  set_framing(parser.state, head);
  const bool unframed = (parser.state.flags & (F_CHUNKED | F_CONTENT_LENGTH)) == 0;
  if (bodiless) {
    head.framing = Framing::kNone;
    head.keep_alive = head.keep_alive || unframed;
  } else if (unframed) {
    head.framing = Framing::kUntilClose;
    head.keep_alive = false;
  }
  return progress;
}

}  // namespace edge::http1
