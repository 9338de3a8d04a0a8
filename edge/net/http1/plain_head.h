// The plainest heads taken apart in one pass: what nearly every message has.
//
// A known method, HTTP/1.1, names of token characters, values of visible ones, one Host, at most
// one Content-Length, no other framing. Whatever is not surely so is left to llhttp, which is the
// judge of every other shape; what is taken here, llhttp takes and understands alike.
#pragma once

#include <string_view>

#include "edge/net/http1/head.h"

namespace edge::http1 {

// Fills `head` from the whole head at the front of `bytes`, if it is a plain one of at most `limit`
// bytes, and gives its size; 0 where it is not: `head` is then to be filled anew.
std::size_t take_plain_request(std::string_view bytes, std::size_t limit, Head& head);
// As take_plain_request; without what an answer's status or its request say about the body.
std::size_t take_plain_response(std::string_view bytes, std::size_t limit, Head& head);

}  // namespace edge::http1
