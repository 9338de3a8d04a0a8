#include "edge/net/protobuf/wire.h"

namespace edge::protobuf {
namespace {

constexpr std::uint64_t kLargestNumber = (std::uint64_t{1} << 29) - 1;
constexpr unsigned kVarintBits = 64;

}  // namespace

bool Fields::read_varint(std::uint64_t& value) noexcept {
  value = 0;
  for (unsigned shift = 0; shift < kVarintBits && !left_.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(left_.front());
    left_.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool Fields::skip(std::uint64_t bytes) noexcept {
  if (bytes > left_.size()) return false;
  bytes_ = left_.substr(0, bytes);
  left_.remove_prefix(bytes);
  return true;
}

bool Fields::read_value() noexcept {
  switch (kind_) {
    case Kind::kVarint:
      return read_varint(varint_);
    case Kind::kFixed64:
      return skip(8);
    case Kind::kFixed32:
      return skip(4);
    case Kind::kBytes: {
      std::uint64_t length = 0;
      return read_varint(length) && skip(length);
    }
  }
  return false;  // groups, which proto3 has not
}

bool Fields::next() noexcept {
  if (malformed_ || left_.empty()) return false;
  std::uint64_t tag = 0;
  malformed_ = true;
  if (!read_varint(tag)) return false;
  const std::uint64_t number = tag >> 3;
  if (number == 0 || number > kLargestNumber) return false;
  number_ = static_cast<std::uint32_t>(number);
  kind_ = static_cast<Kind>(tag & 7);
  malformed_ = !read_value();
  return !malformed_;
}

void append_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

void append_varint_field(std::string& out, std::uint32_t number, std::uint64_t value) {
  append_varint(out, std::uint64_t{number} << 3 | static_cast<std::uint64_t>(Kind::kVarint));
  append_varint(out, value);
}

void append_bytes_field(std::string& out, std::uint32_t number, std::string_view bytes) {
  append_varint(out, std::uint64_t{number} << 3 | static_cast<std::uint64_t>(Kind::kBytes));
  append_varint(out, bytes.size());
  out.append(bytes);
}

}  // namespace edge::protobuf
