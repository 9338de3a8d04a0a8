// gRPC calls on an HTTP/2 client: their messages, metadata and how they end.
//
// Everything runs on the loop. Source: gRPC over HTTP/2.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "edge/net/grpc/message.h"
#include "edge/net/http2/client.h"

namespace edge::grpc {

// How a server ended a call. Views live as long as its stream.
struct Ending {
  Status status;
  std::string details;                   // a serialized google.rpc.Status, or ""
  const HeaderList* trailers = nullptr;  // with those that tell the status; null where none came
};

// The server's answer has a head alone, which tells the status.
bool is_trailers_only(const http2::Stream& stream) noexcept;
// Legal when the body has ended well.
Ending ending_of(const http2::Stream& stream);

// The one message of an answer; "" where there is none, as the call failed. Errors: those of
// MessageReader::next(); kInternal where there are more.
Task<Result<std::string>> read_answer(Ctx ctx, ByteSource* body, std::size_t limit);

// The fields that every call begins with.
void add_call_fields(HeaderList& fields);

struct UnaryAnswer {
  Ending ending;
  std::string message;  // where the status is good
};

// One call of ours.
class ClientCall {
 public:
  // `head` and what it points at live until send() or exchange() has ended.
  ClientCall(http2::Client& client, const http2::RequestHead& head)
      : client_(client), head_(head) {}

  // Begins the call. Errors: those of http2::Client::open(); nothing has been sent then.
  Task<Status> open(Ctx ctx);
  // Sends all of the request, and waits for the beginning of the answer. What the server has not
  // looked at is sent again. Legal once, after open(). Errors: those of http2::Stream::wait_head().
  Task<Status> send(Ctx ctx, std::string_view bytes);
  // Sends one message and reads one; in place of send(). What goes wrong is the ending's status.
  Task<UnaryAnswer> exchange(Ctx ctx, std::string message, std::size_t limit);

  // Legal after open().
  [[nodiscard]] http2::Stream& stream() noexcept { return *stream_.get(); }

 private:
  http2::Client& client_;
  http2::RequestHead head_;
  http2::ClientStream stream_;
};

}  // namespace edge::grpc
