// Stream: one request and its answer on an HTTP/2 connection, seen from either end.
//
// One coroutine at a time reads, and one writes; both may be the same. Everything runs on the loop.
// It outlives its connection for whoever holds it, and then only tells why it has ended.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "edge/loop/async.h"
#include "edge/net/http2/head.h"
#include "edge/net/http2/inbox.h"

namespace edge::http2 {

class Session;

// Source: RFC 9113 §7.
enum class Reason : std::uint32_t {
  kNoError = 0,
  kProtocolError = 1,
  kInternalError = 2,
  kSettingsTimeout = 4,
  kRefusedStream = 7,
  kCancel = 8,
  kEnhanceYourCalm = 11,
};

// What comes after a head.
enum class Follows { kNothing, kBody };

class Stream final : private Inbox::Window {
 public:
  Stream(Loop& loop, Session& session) noexcept;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // The request on a server. On a client the answer, once wait_head() has ended well.
  [[nodiscard]] const Head& head() const noexcept { return head_; }
  // Errors: kUnavailable (the connection ended, or the server refused the stream: see
  // unprocessed()), kResourceExhausted, kCancelled, kDeadlineExceeded, kInternal (reset).
  Async<Status> wait_head(Ctx ctx);
  // What the other end sends. Errors: those of wait_head().
  [[nodiscard]] ByteSource& body() noexcept { return inbox_; }
  // Complete when body() has ended well.
  [[nodiscard]] const HeaderList& trailers() const noexcept { return trailers_.headers; }

  // Begins the answer (servers; once). `fields` in lower case, without ":status".
  // Errors: kInvalidArgument (a field that may not be sent), those of write().
  Status answer(int status, const HeaderList& fields, Follows follows);
  // Sends a piece of the body; done when all of it is in frames, as fast as the peer takes it.
  // `bytes` stay valid until then. Cancelled in the middle, the stream is reset.
  // Errors: those of wait_head(); kFailedPrecondition before the head or after the end.
  Async<Status> write(Ctx ctx, std::string_view bytes);
  // As write(), and ends our side, with `trailers` where given (valid until done).
  Async<Status> end(Ctx ctx, std::string_view bytes, const HeaderList* trailers = nullptr);
  // Ends both sides now. Changes nothing on a stream that has ended.
  void reset(Reason reason) noexcept;

  [[nodiscard]] bool answered() const noexcept { return sent_head_; }
  [[nodiscard]] bool sent_all() const noexcept { return sent_end_; }
  // The peer says that it has done nothing for it: it may be repeated whatever it asks for.
  [[nodiscard]] bool unprocessed() const noexcept { return unprocessed_; }

  // Cancelled when the stream ends before we have sent all. nullptr takes it back.
  void cancels(CancelScope* scope) noexcept;
  // Nobody uses it any more: what is unfinished is reset.
  void release() noexcept;

 private:
  friend class Session;
  friend struct Events;
  struct HeadWaiter final : Waiter, Operation<Status> {
    explicit HeadWaiter(Loop& loop, Stream& owner) noexcept : Waiter(loop), stream(owner) {}
    void begin(std::coroutine_handle<> parent) override { park(ctx, parent); }
    Status finish() override;
    Stream& stream;
    Ctx ctx;
  };
  struct SendWaiter final : Waiter, Operation<Status> {
    explicit SendWaiter(Loop& loop, Stream& owner) noexcept : Waiter(loop), stream(owner) {}
    void begin(std::coroutine_handle<> parent) override { park(ctx, parent); }
    Status finish() override;
    Stream& stream;
    Ctx ctx;
  };
  // How far our side is with what it sends.
  enum class Sending : std::uint8_t { kOpen, kEnding, kEnded };

  void give_back(std::size_t bytes) noexcept override;
  Async<Status> send(Ctx ctx, std::string_view bytes);
  [[nodiscard]] bool send_waits() const noexcept;
  void refuse_rest() noexcept;

  // For the session.
  void head_came();
  void end_came() noexcept;
  void body_end_sent() noexcept;
  void fail(Error why);
  void closed(Error why);
  // Copies what is to be sent; moves on.
  std::size_t take(char* to, std::size_t room) noexcept;

  Session* session_;  // nullptr once the stream is no more on the connection
  std::int32_t id_ = 0;
  Head head_;
  Head trailers_;
  Inbox inbox_;
  HeadWaiter head_waiter_;
  SendWaiter send_waiter_;
  CancelScope* scope_ = nullptr;
  std::string_view sending_;
  const HeaderList* sending_trailers_ = nullptr;
  TimePoint moved_;  // when the peer last took something of it
  std::optional<Error> failure_;
  Sending state_ = Sending::kOpen;
  bool has_head_ = false;
  bool sent_head_ = false;
  bool sent_end_ = false;
  bool unprocessed_ = false;
  bool released_ = false;
};

using StreamPtr = std::shared_ptr<Stream>;

}  // namespace edge::http2
