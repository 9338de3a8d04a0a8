// One request to an HTTP/1.1 server, and its answer as it comes.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "edge/loop/async.h"
#include "edge/loop/byte_source.h"
#include "edge/loop/byte_stream.h"
#include "edge/loop/frame_pool.h"
#include "edge/loop/task_group.h"
#include "edge/net/http1/body_reader.h"
#include "edge/net/http1/head.h"
#include "edge/net/http1/text.h"

namespace edge::http1 {

class ClientPool;

// A connection of a pool, before a request is on it.
struct Connection {
  std::unique_ptr<ByteStream> stream;
  bool reused = false;
};

struct ClientRequest {
  std::string head;            // request line and whole header lines; no framing, no empty line
  ByteSource* body = nullptr;  // outlives the exchange; never null
  Answering answering = Answering::kOther;
  bool idempotent = false;   // the method may be repeated
  bool says_length = false;  // "Content-Length: 0" is written for an empty body (POST, PUT, PATCH)
  bool chunked = false;      // set by frame()
};

// Completes the head with the framing of the body, of which `first_bytes` have been taken.
void frame(ClientRequest& request, std::size_t first_bytes);

// Closed by its owner before it goes away; the connection then returns to its pool if it can.
class ClientExchange final : public Pooled {
 public:
  ClientExchange(Loop& loop, ClientPool& pool, Connection connection);
  ~ClientExchange();

  [[nodiscard]] const Head& response() const noexcept { return *head_; }
  [[nodiscard]] ByteSource& body() noexcept { return body_; }
  // Ends what is left of the request and the answer.
  Async<void> close();

 private:
  friend class ClientPool;

  // Sends the request and reads the answer's head. `first` is what of the body was in hand.
  Task<Status> start(Ctx ctx, const ClientRequest* request, std::string_view first);
  // Why the answer did not come: what ended first tells.
  [[nodiscard]] Status failure(const Ctx& ctx, const Error& seen) const;
  Task<void> close_pump();
  void give_back();
  // Looks at what is pending; true once the final head has come.
  Result<bool> parse_head(Answering answering);
  Task<void> pump_body(ByteSource* source, std::string_view first);
  Async<Status> write_piece(Ctx ctx, std::string_view head, std::string_view piece);

  Loop& loop_;
  ClientPool& pool_;
  Connection connection_;
  std::unique_ptr<Head> head_;
  BodyReader body_;
  ChunkLine line_;  // of the piece that is being written
  std::array<std::string_view, 4> parts_;
  bool chunked_ = false;  // the request is
  bool request_sent_ = false;
  bool answer_began_ = false;  // a byte of it has come
  bool answered_ = false;      // its head has come
  std::optional<Error> source_failure_;
  std::optional<TaskGroup> pump_;  // sends the body beside
};

}  // namespace edge::http1
