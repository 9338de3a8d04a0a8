// Head: the start line and header block of an HTTP/1 message, and how its body is framed.
//
// Source: RFC 9112; parsed by llhttp in strict mode. Shapes that two parsers could read
// differently (both framings, repeated lengths, folded lines, bare CR) are refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "edge/base/header_list.h"
#include "edge/base/result.h"

namespace edge::http1 {

enum class Framing : std::uint8_t { kNone, kLength, kChunked, kUntilClose };

// Views point into `storage`; a Head is not copied or moved while they are used.
struct Head {
  std::string storage;
  std::string_view method;  // request
  std::string_view target;  // request
  int status = 0;           // response
  int minor = 1;            // HTTP/1.<minor>
  HeaderList headers;
  Framing framing = Framing::kNone;
  std::uint64_t content_length = 0;  // where framing is kLength
  bool keep_alive = true;
  bool expects_continue = false;
  bool wants_upgrade = false;  // request: it names another protocol

  void clear() noexcept;
};

// What a head parser makes of the bytes in hand.
struct HeadProgress {
  bool complete = false;
  std::size_t size = 0;  // bytes of the head, where complete
};

// Looks for a whole request head at the front of `bytes` and parses a copy of it into `head`.
// Errors: kInvalidArgument (malformed: answer 400 and close), kResourceExhausted (over `limit`
// bytes: 431), kUnimplemented (not HTTP/1: 505).
Result<HeadProgress> parse_request(std::string_view bytes, std::size_t limit, Head& head);

// Whether the request that is answered was HEAD: its answer has no body whatever it says.
enum class Answering { kHead, kOther };

// As parse_request, for a response. Errors: kInvalidArgument, kResourceExhausted.
Result<HeadProgress> parse_response(std::string_view bytes, std::size_t limit, Answering answering,
                                    Head& head);

// The same without the short way for the plainest heads (plain_head.h).
Result<HeadProgress> parse_any_request(std::string_view bytes, std::size_t limit, Head& head);
Result<HeadProgress> parse_any_response(std::string_view bytes, std::size_t limit,
                                        Answering answering, Head& head);

}  // namespace edge::http1
