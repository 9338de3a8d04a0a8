// Filters over a stream of MQTT packets: what passes is copied, what is skipped never gets through.
//
// They see the packets' boundaries and nothing else of the protocol. Source: MQTT 3.1.1 §2.2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "edge/base/result.h"

namespace edge::mqtt {

// The first bytes of a packet, gathered one by one.
class FixedHeader {
 public:
  enum class State : std::uint8_t { kPartial, kComplete, kMalformed };
  State push(char byte) noexcept;
  void clear() noexcept { size_ = 0; }

  // Legal when complete.
  [[nodiscard]] int type() const noexcept { return static_cast<unsigned char>(bytes_[0]) >> 4; }
  [[nodiscard]] int qos() const noexcept { return bytes_[0] >> 1 & 3; }
  [[nodiscard]] std::size_t remaining() const noexcept;
  [[nodiscard]] std::string_view bytes() const noexcept { return {bytes_.data(), size_}; }

 private:
  std::array<char, 5> bytes_{};
  std::size_t size_ = 0;
};

class PacketFilter {
 public:
  virtual ~PacketFilter() = default;
  // Appends what passes to `out`. Errors: kUnavailable, where the stream makes no sense.
  Status filter(std::string_view bytes, std::string& out);

 protected:
  enum class Verdict : std::uint8_t { kPass, kSkip, kReject };
  virtual Verdict judge(const FixedHeader& header) = 0;
  // Parts of a skipped packet's body, and its end.
  virtual void skipped(std::string_view) {}
  virtual void skip_ended() {}
  [[nodiscard]] virtual Error rejected(const FixedHeader& header) const;

 private:
  Status take_header(char byte, std::string& out);
  void take_body(std::string_view piece, std::string& out);

  FixedHeader header_;
  Verdict verdict_ = Verdict::kPass;
  std::size_t body_left_ = 0;
};

// Takes the acknowledgements (PUBACK) out of what libmosquitto sends: it writes them before anyone
// has seen the message.
class AckFilter final : public PacketFilter {
 private:
  Verdict judge(const FixedHeader& header) override;
};

// A message that was too large to be taken.
struct Oversize {
  std::string topic;
  std::size_t size_bytes = 0;
  std::uint16_t mid = 0;
  int qos = 0;
};

// Keeps messages over a limit out, without ever holding one.
class SizeFilter final : public PacketFilter {
 public:
  explicit SizeFilter(std::size_t limit_bytes) noexcept : limit_(limit_bytes) {}
  std::vector<Oversize> take_oversize() noexcept { return std::exchange(found_, {}); }

 private:
  Verdict judge(const FixedHeader& header) override;
  void skipped(std::string_view piece) override;
  void skip_ended() override;
  [[nodiscard]] Error rejected(const FixedHeader& header) const override;

  std::size_t limit_;
  Oversize current_;
  std::string start_;  // of the skipped body: the topic and the id
  std::vector<Oversize> found_;
};

}  // namespace edge::mqtt
