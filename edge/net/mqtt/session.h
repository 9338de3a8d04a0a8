// Session: one connection to an MQTT server, from CONNECT to its end.
//
// It moves bytes between a stream and a codec, keeps the connection alive and reports what comes.
// Loop thread.
#pragma once

#include <memory>
#include <optional>

#include "edge/loop/byte_stream.h"
#include "edge/loop/loop.h"
#include "edge/loop/sync.h"
#include "edge/loop/task_group.h"
#include "edge/net/mqtt/codec.h"

namespace edge::mqtt {

// What a reason code says that is not success. Source: MQTT 5 §2.4.
std::string reason_text(int reason);

// kSaid: the server does not speak this version of MQTT. kEnded: it may not, as it has ended the
// connection without an answer.
enum class Refusal : std::uint8_t { kNone, kEnded, kSaid };

// Called on the loop, from within run(); may call the codec and touch().
class SessionOwner {
 public:
  virtual ~SessionOwner() = default;
  virtual void opened(const Connected& session) = 0;
  virtual void received(Incoming message) = 0;
  virtual void oversize(const Oversize& message) = 0;
  virtual void acknowledged(const Acknowledged& ack) = 0;
  virtual void granted(const Granted& grant) = 0;
  // Everything that was to go to the server has been handed to the system.
  virtual void written() = 0;
};

struct SessionTimes {
  Duration connack = std::chrono::seconds(15);  // a peer that says nothing
  Duration keepalive = std::chrono::seconds(30);
};

class Session {
 public:
  Session(Loop& loop, std::unique_ptr<ByteStream> stream, std::unique_ptr<Codec> codec,
          SessionOwner& owner);

  // Runs until the connection ends, and says why. Legal once.
  Task<Error> run(Ctx ctx, SessionTimes times);

  [[nodiscard]] Codec& codec() noexcept { return *codec_; }
  // Legal after opened().
  [[nodiscard]] bool is_open() const noexcept { return open_ && !failure_; }
  // Whether the server speaks this version of MQTT.
  [[nodiscard]] Refusal refusal() const noexcept { return refusal_; }
  // Sends what calls of the codec have left in its output.
  void touch() noexcept;
  // Ends the session with this error.
  void fail(Error error) noexcept;
  // Takes no more messages for a while, which stops the server. The connection is kept alive.
  void pause() noexcept;
  void resume() noexcept;

 private:
  Task<void> read_all(Ctx ctx);
  Task<void> write_all(Ctx ctx);
  Task<void> keep_alive(Ctx ctx, Duration keepalive);
  Task<void> watch_connack(Ctx ctx, Duration limit);
  void dispatch();
  void take(const Connected& connected);
  void note(const Status& status);

  Loop& loop_;
  std::unique_ptr<ByteStream> stream_;
  std::unique_ptr<Codec> codec_;
  SessionOwner& owner_;
  TaskGroup* group_ = nullptr;  // while run() runs
  Event writable_;
  Event reading_;
  std::optional<Error> failure_;
  bool open_ = false;
  Refusal refusal_ = Refusal::kNone;
};

}  // namespace edge::mqtt
