// Fields: a head as the protocol library takes it; it copies what it is given.
#pragma once

#include <string_view>
#include <vector>

#include <nghttp2/nghttp2.h>

#include "edge/base/header_list.h"
#include "edge/base/result.h"

namespace edge::http2 {

class Fields {
 public:
  Fields() = default;
  explicit Fields(const HeaderList& list) { add(list); }

  void add(std::string_view name, std::string_view value) {
    items_.push_back({bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  void add(const HeaderList& list) {
    items_.reserve(items_.size() + list.size() + 4);
    for (const Header& header : list) add(header.name, header.value);
  }

  [[nodiscard]] const nghttp2_nv* data() const noexcept { return items_.data(); }
  [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }

 private:
  static std::uint8_t* bytes(std::string_view text) noexcept {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  }
  std::vector<nghttp2_nv> items_;
};

// Errors: kInvalidArgument, naming the field that may not stand on the wire.
Status check_fields(const HeaderList& list);

}  // namespace edge::http2
