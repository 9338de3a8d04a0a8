// A body that comes, or goes, as numbered payloads of a stream. Source: wire reference §1.8.
#pragma once

#include <optional>
#include <string>

#include "edge/api/grpc/messages/internal_messages.h"
#include "edge/net/grpc/message.h"
#include "edge/net/http2/stream.h"

namespace edge::api {

// What follows the first message of a stream, as a body.
class PayloadSource final : public ByteSource {
 public:
  // `messages` has given the first message, whose payload `first` is.
  PayloadSource(grpc::MessageReader& messages, std::optional<rpc::StreamPayload> first);

  // What was announced; a body of another length is cut off.
  void expect(std::optional<std::uint64_t> length) noexcept { length_ = length; }
  // The stream of an answer, whose status says whether the body is whole. It outlives this.
  void judge_by(const http2::Stream& answer) noexcept { answer_ = &answer; }
  // Waits until it is known whether there is a body. Errors: those of read().
  Task<Status> look(Ctx ctx);

  [[nodiscard]] std::optional<std::uint64_t> length() const noexcept override { return length_; }
  std::string_view take_ready() override;
  [[nodiscard]] bool finished() const noexcept override { return ended_ && !ready_; }
  Task<Result<std::string_view>> read(Ctx ctx) override;

 private:
  // Goes to the next payload that is not empty.
  Task<Status> advance(Ctx ctx);
  Status take(rpc::StreamPayload payload);
  [[nodiscard]] Status judge_end() const;

  grpc::MessageReader& messages_;
  std::optional<std::uint64_t> length_;
  const http2::Stream* answer_ = nullptr;
  Status begun_;
  std::string piece_;
  std::uint64_t next_ = 0;  // number of the payload that comes next
  std::uint64_t bytes_ = 0;
  bool ready_ = false;  // piece_ has not been given out
  bool ended_ = false;
};

// The largest piece that is sent at once.
inline constexpr std::size_t kPayloadBytes = std::size_t{64} * 1024;

// A later message of a stream, in its frame.
std::string framed_payload(std::string_view data, std::uint64_t seq);

}  // namespace edge::api
