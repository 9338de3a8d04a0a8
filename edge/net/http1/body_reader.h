// BodyReader: the body of one HTTP/1 message, read from its connection.
#pragma once

#include <memory>

#include "edge/loop/byte_source.h"
#include "edge/loop/byte_stream.h"
#include "edge/net/http1/chunked.h"
#include "edge/net/http1/head.h"

namespace edge::http1 {

// Reused for each message of a connection. The bytes that it gave stay in the connection's buffer
// until the next call.
class BodyReader final : public ByteSource {
 public:
  // The body that follows `head` on `stream`, where the head has been consumed. The stream
  // outlives the reading.
  void start(ByteStream& stream, const Head& head);
  // Called once before the first wait for bytes: a server says "100 Continue" there.
  class FirstRead {
   public:
    virtual ~FirstRead() = default;
    virtual Task<Status> before_first_read(Ctx ctx) = 0;
  };
  void before_first_read(FirstRead* hook) noexcept { first_read_ = hook; }

  [[nodiscard]] std::optional<std::uint64_t> length() const noexcept override;
  std::string_view take_ready() override;
  [[nodiscard]] bool finished() const noexcept override { return finished_; }
  Task<Result<std::string_view>> read(Ctx ctx) override;

  // Lets go of the last piece. Afterwards the connection stands at the next message, if finished().
  void release() noexcept;
  [[nodiscard]] bool failed() const noexcept { return failure_.has_value(); }

 private:
  std::string_view take_length(std::string_view pending);
  std::string_view take_chunked();
  Result<std::string_view> ended();

  ByteStream* stream_ = nullptr;
  FirstRead* first_read_ = nullptr;
  std::unique_ptr<ChunkedDecoder> chunked_;
  std::optional<Error> failure_;
  Framing framing_ = Framing::kNone;
  std::uint64_t length_ = 0;
  std::uint64_t left_ = 0;
  std::size_t taken_ = 0;  // bytes at the stream's front that were given and not consumed
  bool finished_ = true;
};

}  // namespace edge::http1
