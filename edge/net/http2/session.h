// Session: one HTTP/2 connection, either end: frames, streams, windows, and what a peer may cost.
//
// Its owner awaits run(), which reads and writes until the connection has ended; then every stream
// has failed, and the session may go. Everything runs on the loop; the owner's code is never called
// from within the protocol library.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "edge/loop/byte_stream.h"
#include "edge/loop/task_group.h"
#include "edge/loop/uv_loop.h"
#include "edge/net/http2/allowance.h"
#include "edge/net/http2/limits.h"
#include "edge/net/http2/stream.h"

struct nghttp2_session;

namespace edge::http2 {

struct RequestHead {
  std::string_view method = "POST";
  std::string_view scheme = "http";
  std::string_view authority;
  std::string_view path;
  const HeaderList* fields = nullptr;  // in lower case; may be absent
};

// A request that came by HTTP/1.1 and is answered by HTTP/2, as stream 1. Source: RFC 7540 §3.2.
struct Upgrade {
  RequestHead request;
  std::string settings;  // what HTTP2-Settings holds
};

class Session final : private Timer {
 public:
  enum class Role { kServer, kClient };

  // Whoever has the session.
  class Owner {
   public:
    // A request's head has come whole (or is too large: Head::too_large).
    virtual void request_came(StreamPtr stream) = 0;
    // Whether one more stream of the peer may be served.
    [[nodiscard]] virtual bool takes_stream() noexcept = 0;
    // A stream has ended, or the peer has told its settings, or that it goes.
    virtual void changed() noexcept = 0;

   protected:
    ~Owner() = default;
  };

  Session(UvLoop& loop, std::unique_ptr<ByteStream> wire, const Limits& limits, Role role,
          Owner& owner);
  ~Session();

  // Speaks until either side ends the connection. `ctx` cuts it off.
  Task<void> run(Ctx ctx);
  // Takes no new streams; ends when those that are open have.
  void drain() noexcept;

  // Takes the request that the connection began with (servers; once, before run()). It is answered
  // when the client begins to speak HTTP/2: curl takes no more than 32 KiB of an answer before.
  // Errors: kInvalidArgument (its settings).
  Status adopt(const Upgrade& upgrade);
  // Begins a request (clients). Errors: kUnavailable (the connection takes no more),
  // kInvalidArgument (a field that may not be sent).
  Result<StreamPtr> open(const RequestHead& head, Follows follows);

  [[nodiscard]] bool is_server() const noexcept { return role_ == Role::kServer; }
  // The peer's settings have come.
  [[nodiscard]] bool opened() const noexcept { return opened_; }
  // No new stream is taken, on either side's wish.
  [[nodiscard]] bool going() const noexcept { return going_; }
  [[nodiscard]] std::size_t streams() const noexcept { return streams_.size(); }
  // Of ours that the peer takes at once.
  [[nodiscard]] std::uint32_t peer_streams() const noexcept;

 private:
  friend class Stream;
  friend struct Events;  // what the protocol library tells
  struct WriteWaiter final : Waiter {
    using Waiter::Waiter;
  };
  struct Deleter {
    void operator()(nghttp2_session* session) const noexcept;
  };
  using Streams = std::unordered_map<std::int32_t, StreamPtr>;

  // session_options.cpp
  void create();
  void tell_settings();
  // For streams; session_submit.cpp.
  Status submit_answer(Stream& stream, int status, const HeaderList& fields, Follows follows);
  void resume(Stream& stream) noexcept;
  void give_back(Stream& stream, std::size_t bytes) noexcept;
  void reset(Stream& stream, Reason reason) noexcept;

  Task<void> read_all();
  Task<void> write_all(Ctx ctx);
  Task<void> linger(Ctx ctx);
  void feed();
  void collect();
  void want_write() noexcept { writer_.wake(); }
  [[nodiscard]] bool finished() const noexcept;
  // Tells the peer why, and ends.
  void terminate(Reason reason, std::string_view why) noexcept;
  void fail_streams();

  // session_events.cpp
  void charge() noexcept;  // an idle frame has come
  void add_stream(std::int32_t id);
  void head_ended(Stream& stream);
  void erase(Stream& stream, std::uint32_t code);

  // session_time.cpp
  void expired() noexcept override;
  void check_streams(TimePoint now) noexcept;
  void check_quiet(TimePoint now) noexcept;
  void finish_drain() noexcept;
  void arm_by(TimePoint when) noexcept;
  void watch_streams() noexcept;
  [[nodiscard]] TimePoint next_check(TimePoint now) const noexcept;

  UvLoop& loop_;
  std::unique_ptr<ByteStream> wire_;
  const Limits limits_;
  Owner& owner_;
  const Role role_;
  std::unique_ptr<nghttp2_session, Deleter> session_;
  Streams streams_;
  std::vector<StreamPtr> arrived_;  // whose heads have come in this turn
  std::string out_;                 // frames on their way
  WriteWaiter writer_;
  CancelScope* reading_ = nullptr;
  Allowance idle_frames_;
  TimePoint began_;
  TimePoint idle_since_;
  TimePoint heard_;                      // the last byte
  std::optional<TimePoint> head_since_;  // a head has begun and not ended
  std::optional<TimePoint> drain_until_;
  std::optional<TimePoint> terminated_at_;
  std::optional<TimePoint> asked_;  // PING has been sent
  Error end_reason_;                // for the streams that the end of the connection cuts
  bool opened_ = false;
  bool going_ = false;
  bool closing_ = false;  // reading has ended
  bool changed_ = false;
};

}  // namespace edge::http2
