#include "edge/net/mqtt/packet_filter.h"

#include <algorithm>
#include <utility>

namespace edge::mqtt {
namespace {

constexpr int kPublish = 3;
constexpr int kPuback = 4;
constexpr std::size_t kLongestStart = 2 + 65535 + 2;

std::uint16_t read_u16(std::string_view bytes, std::size_t at) noexcept {
  const auto high = static_cast<unsigned char>(bytes[at]);
  const auto low = static_cast<unsigned char>(bytes[at + 1]);
  return static_cast<std::uint16_t>(high << 8 | low);
}

}  // namespace

FixedHeader::State FixedHeader::push(char byte) noexcept {
  bytes_[size_++] = byte;
  if (size_ == 1 || (static_cast<unsigned char>(byte) & 0x80U) == 0) {
    return size_ == 1 ? State::kPartial : State::kComplete;
  }
  return size_ == bytes_.size() ? State::kMalformed : State::kPartial;
}

std::size_t FixedHeader::remaining() const noexcept {
  std::size_t value = 0;
  for (std::size_t at = size_ - 1; at >= 1; --at) {
    value = value << 7 | (static_cast<unsigned char>(bytes_[at]) & 0x7FU);
  }
  return value;
}

Status PacketFilter::filter(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    if (body_left_ == 0) {
      if (auto taken = take_header(bytes.front(), out); !taken) return taken;
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t count = std::min(body_left_, bytes.size());
    take_body(bytes.substr(0, count), out);
    bytes.remove_prefix(count);
  }
  return {};
}

Status PacketFilter::take_header(char byte, std::string& out) {
  const auto state = header_.push(byte);
  if (state == FixedHeader::State::kPartial) return {};
  if (state == FixedHeader::State::kMalformed) {
    return Error{Code::kUnavailable, "the server sent a packet with a malformed length"};
  }
  verdict_ = judge(header_);
  if (verdict_ == Verdict::kReject) return rejected(header_);
  if (verdict_ == Verdict::kPass) out += header_.bytes();
  body_left_ = header_.remaining();
  header_.clear();
  if (body_left_ == 0 && verdict_ == Verdict::kSkip) skip_ended();
  return {};
}

void PacketFilter::take_body(std::string_view piece, std::string& out) {
  body_left_ -= piece.size();
  if (verdict_ == Verdict::kPass) {
    out += piece;
    return;
  }
  skipped(piece);
  if (body_left_ == 0) skip_ended();
}

Error PacketFilter::rejected(const FixedHeader& header) const {
  return {Code::kUnavailable, "a packet of type " + std::to_string(header.type()) + " is not due"};
}

PacketFilter::Verdict AckFilter::judge(const FixedHeader& header) {
  return header.type() == kPuback ? Verdict::kSkip : Verdict::kPass;
}

PacketFilter::Verdict SizeFilter::judge(const FixedHeader& header) {
  if (header.remaining() <= limit_) return Verdict::kPass;
  if (header.type() != kPublish) return Verdict::kReject;
  current_ = Oversize{.size_bytes = header.remaining(), .qos = header.qos()};
  start_.clear();
  return Verdict::kSkip;
}

void SizeFilter::skipped(std::string_view piece) {
  start_ += piece.substr(0, kLongestStart - std::min(start_.size(), kLongestStart));
}

void SizeFilter::skip_ended() {
  if (start_.size() < 2) return;
  const std::size_t length = read_u16(start_, 0);
  if (start_.size() < 2 + length + 2) return;
  current_.topic = start_.substr(2, length);
  if (current_.qos > 0) current_.mid = read_u16(start_, 2 + length);
  found_.push_back(std::move(current_));
  start_ = {};
}

Error SizeFilter::rejected(const FixedHeader& header) const {
  return {Code::kUnavailable, "the server sent a packet of type " + std::to_string(header.type()) +
                                  " with " + std::to_string(header.remaining()) +
                                  " bytes; at most " + std::to_string(limit_) + " are taken"};
}

}  // namespace edge::mqtt
