#include "edge/net/protobuf/wire.h"

#include <array>

namespace edge::protobuf {
namespace {

constexpr std::uint64_t kLargestNumber = (std::uint64_t{1} << 29) - 1;
constexpr unsigned kVarintBits = 64;
constexpr std::size_t kDeepestGroup = 100;  // as other readers

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
    case Kind::kGroup:
    case Kind::kGroupEnd:
      return false;
  }
  return false;  // a kind that does not exist
}

bool Fields::read_tag() noexcept {
  std::uint64_t tag = 0;
  if (!read_varint(tag)) return false;
  const std::uint64_t number = tag >> 3;
  if (number == 0 || number > kLargestNumber) return false;
  number_ = static_cast<std::uint32_t>(number);
  kind_ = static_cast<Kind>(tag & 7);
  return true;
}

bool Fields::skip_group() noexcept {
  std::array<std::uint32_t, kDeepestGroup> open{number_};
  std::size_t depth = 1;
  while (depth > 0) {
    if (!read_tag()) return false;
    if (kind_ == Kind::kGroup) {
      if (depth == open.size()) return false;
      open[depth++] = number_;
    } else if (kind_ == Kind::kGroupEnd) {
      if (open[--depth] != number_) return false;
    } else if (!read_value()) {
      return false;
    }
  }
  return true;
}

bool Fields::next() noexcept {
  while (!malformed_ && !left_.empty()) {
    malformed_ = true;
    if (!read_tag()) return false;
    const bool is_group = kind_ == Kind::kGroup;
    malformed_ = !(is_group ? skip_group() : read_value());
    if (!is_group) return !malformed_;
  }
  return false;
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
