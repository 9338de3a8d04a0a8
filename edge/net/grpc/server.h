// gRPC calls on an HTTP/2 server: their messages, metadata, deadline and end.
//
// Everything runs on the loop. Source: gRPC over HTTP/2.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "edge/net/grpc/message.h"
#include "edge/net/http2/server.h"

namespace edge::grpc {

// What bounds the messages of a server's calls.
struct MessageLimits {
  std::size_t message_bytes = kMessageLimit;  // of one, either way
  MessageBudget* budget = nullptr;            // for what clients send; it outlives the server
};

// One call, for as long as its handler runs.
class ServerCall {
 public:
  ServerCall(http2::Stream& stream, const std::string& peer_host, const MessageLimits& limits)
      : stream_(stream),
        peer_host_(peer_host),
        limits_(limits),
        messages_(stream.body(), limits.message_bytes, &stream.head().headers, limits.budget) {}

  // "/package.Service/Method"
  [[nodiscard]] std::string_view path() const noexcept { return stream_.head().path; }
  [[nodiscard]] const HeaderList& metadata() const noexcept { return stream_.head().headers; }
  [[nodiscard]] const std::string& peer_host() const noexcept { return peer_host_; }

  // The message of a call that has one. Errors: those of MessageReader::only().
  Task<Result<std::string_view>> read_only(Ctx ctx) { return messages_.only(ctx); }
  // The client's next message; nothing after its last. Errors: those of MessageReader::next().
  Task<Result<std::optional<std::string_view>>> read(Ctx ctx) { return messages_.next(ctx); }

  // What read_only() gave is needed no more.
  void drop_message() noexcept { messages_.drop(); }
  [[nodiscard]] const MessageLimits& limits() const noexcept { return limits_; }

  // For a call that is passed on as it is, in place of what reads and writes messages.
  [[nodiscard]] http2::Stream& stream() noexcept { return stream_; }

  // Metadata of the answer. Legal before the first message of it; `name` in lower case. What may
  // not stand in HTTP/2 is left out.
  void add_metadata(std::string name, std::string value);
  // What comes with the status at the end; as add_metadata(). Legal until the handler returns.
  void add_trailer(std::string name, std::string value);
  // Sends a message, as fast as the client takes them. Errors: those of http2::Stream::write();
  // kResourceExhausted (over the limit; the call then ends so).
  Task<Status> write(Ctx ctx, std::string_view message);

 private:
  friend class CallServer;
  Status answer();
  // Whether a message that is sent is within the limit.
  [[nodiscard]] Status check_size(std::string_view message) const;

  http2::Stream& stream_;
  const std::string& peer_host_;
  const MessageLimits& limits_;
  MessageReader messages_;
  using FieldList = std::list<std::pair<std::string, std::string>>;
  FieldList metadata_;
  FieldList trailers_;
};

// How a call ended.
struct Outcome {
  Status status;
  std::string details;                 // a serialized google.rpc.Status, or ""
  std::optional<std::string> message;  // the last one, where the status is good
  bool sent = false;                   // the handler has ended the stream itself
};

class CallHandler {
 public:
  virtual ~CallHandler() = default;
  // `ctx` ends with the client's deadline, when the client cancels the call or leaves, and when the
  // server stops at once; the outcome is then kDeadlineExceeded or unheard. An exception becomes
  // kInternal.
  virtual Task<Outcome> handle(Ctx ctx, ServerCall* call) = 0;
};

// Answers what is no gRPC with 415.
class CallServer final : public http2::Handler {
 public:
  // `handler` outlives the server.
  CallServer(Loop& loop, CallHandler& handler, MessageLimits limits = {})
      : loop_(loop), handler_(handler), limits_(limits) {}

  Task<void> handle(Ctx ctx, http2::ServerExchange exchange) override;

 private:
  Task<Outcome> outcome(Ctx ctx, ServerCall* call);
  Task<Outcome> outcome_in_time(Ctx ctx, ServerCall* call, Duration time);
  static Task<void> finish(Ctx ctx, ServerCall* call, Outcome outcome);

  Loop& loop_;
  CallHandler& handler_;
  MessageLimits limits_;
};

}  // namespace edge::grpc
