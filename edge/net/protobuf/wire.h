// The protobuf wire format: fields one after the other, each with a number and a kind.
// Source: Protocol Buffers, "Encoding".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "edge/base/result.h"

namespace edge::protobuf {

enum class Kind : std::uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kGroup = 3,  // proto3 has none: they are skipped
  kGroupEnd = 4,
  kFixed32 = 5
};

// The fields of one message. What it gives points into the message.
class Fields {
 public:
  explicit Fields(std::string_view message) noexcept : left_(message) {}

  // Goes to the next field; false after the last one, and where the message is malformed.
  bool next() noexcept;

  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] std::uint64_t varint() const noexcept { return varint_; }   // of kVarint
  [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }  // of kBytes
  [[nodiscard]] bool malformed() const noexcept { return malformed_; }
  void note_malformed() noexcept { malformed_ = true; }

 private:
  bool read_varint(std::uint64_t& value) noexcept;
  bool skip(std::uint64_t bytes) noexcept;
  bool read_tag() noexcept;
  bool read_value() noexcept;
  // What stands up to the end of the group that has begun.
  bool skip_group() noexcept;

  std::string_view left_;
  std::string_view bytes_;
  std::uint64_t varint_ = 0;
  std::uint32_t number_ = 0;
  Kind kind_ = Kind::kVarint;
  bool malformed_ = false;
};

void append_varint(std::string& out, std::uint64_t value);
void append_varint_field(std::string& out, std::uint32_t number, std::uint64_t value);
void append_bytes_field(std::string& out, std::uint32_t number, std::string_view bytes);

}  // namespace edge::protobuf
