// Head: the fields of an HTTP/2 message's beginning, or of its end (trailers).
//
// Source: RFC 9113 §8; names are in lower case, and nghttp2 has checked what must and may stand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "edge/base/header_list.h"

namespace edge::http2 {

// Views point into the head itself: it is neither copied nor moved.
class Head {
 public:
  Head() = default;
  Head(const Head&) = delete;
  Head& operator=(const Head&) = delete;

  std::string_view method;     // request
  std::string_view scheme;     // request
  std::string_view authority;  // request
  std::string_view path;       // request; with its query
  int status = 0;              // answer
  HeaderList headers;          // without the pseudo fields above

  // Takes a field as it comes; over `limit` bytes in all it is dropped, and the head too large.
  void add(std::string_view name, std::string_view value, std::size_t limit);
  // All fields have come: the members above tell them.
  void seal();
  void clear() noexcept;
  [[nodiscard]] bool too_large() const noexcept { return too_large_; }

 private:
  struct Field {
    std::uint32_t name_bytes;
    std::uint32_t value_bytes;
  };
  void set(std::string_view name, std::string_view value);

  std::string storage_;
  std::vector<Field> fields_;
  std::size_t counted_ = 0;
  bool too_large_ = false;
};

}  // namespace edge::http2
