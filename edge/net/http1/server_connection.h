// One client's connection to a Server: reads heads, runs the handler, frames answers.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "edge/net/http1/body_reader.h"
#include "edge/net/http1/server.h"
#include "edge/net/http1/text.h"

namespace edge::http1 {

// What only a request under way needs; an idle connection holds none of it.
struct ServerConnectionState {
  Head head;
  BodyReader body;
  std::string answer;  // the head that goes out
  ChunkLine line;      // of the piece that is being written
  std::array<std::string_view, 4> parts;
  std::optional<Error> refusal;  // why the head cannot be read
  std::uint64_t sent = 0;        // bytes of the answer's body
  bool started = false;          // the answer's head has gone out, or will never
  bool reusable = true;          // another request may follow
  bool chunked = false;          // the answer is
  bool wants_continue = false;   // the client waits for 100 before it sends its body
};

class ServerConnection final : public ServerExchange,
                               private Timer,
                               private EndObserver,
                               private BodyReader::FirstRead {
 public:
  ServerConnection(Server& server, std::unique_ptr<Socket> socket);
  ~ServerConnection() override;

  // Serves until either side ends the connection. `ctx` cuts it off.
  Task<void> run(Ctx ctx);
  // After run(): the client speaks another protocol, which takes the socket over and, where it was
  // asked for by a request, that.
  [[nodiscard]] bool speaks_other() const noexcept { return speaks_other_; }
  std::unique_ptr<Socket> take_socket() noexcept { return std::move(socket_); }
  std::unique_ptr<ServerConnectionState> take_request() noexcept { return std::move(exchange_); }
  // Ends it as soon as no request is under way.
  void drain() noexcept;

  [[nodiscard]] const Head& request() const noexcept override { return exchange_->head; }
  [[nodiscard]] ByteSource& body() noexcept override { return exchange_->body; }
  [[nodiscard]] const std::string& peer_host() const noexcept override { return peer_host_; }
  [[nodiscard]] bool answered() const noexcept override { return exchange_->started; }
  [[nodiscard]] std::uint64_t sent_bytes() const noexcept override { return exchange_->sent; }
  Async<Status> reply(Ctx ctx, Response response, std::string_view body) override;
  Async<Status> send(Ctx ctx, Response response, ByteSource* body) override;

 private:
  enum class Phase { kIdle, kHead, kServing, kOrphan, kClosing };

  // What of a head is there; kNone where it cannot become one, kOther where the connection goes on
  // in another protocol.
  enum class Arrival { kPart, kWhole, kNone, kOther };
  Arrival parse_head();
  Arrival look_for_preface();
  void make_room();
  void refuse_with(Error error);
  void begin_exchange();
  Task<void> serve_one(Ctx ctx);
  Task<void> answer_failure(Ctx ctx, std::string failure);
  Task<void> refuse(Ctx ctx);
  Task<void> drain_body(Ctx ctx);
  Task<void> linger(Ctx ctx);
  Task<Status> before_first_read(Ctx ctx) override;
  // A whole answer as far as it is known; cuts the connection where it does not go out.
  Async<Status> write_answer(Ctx ctx, std::string_view body);
  Task<Status> end_write(Async<Status> writing);
  Task<Status> send_body(Ctx ctx, std::string_view first, std::optional<std::uint64_t> length,
                         ByteSource* body);
  Async<Status> write_piece(Ctx ctx, std::string_view head, std::string_view piece);

  // Writes the answer's head into exchange_->answer.
  void make_head(const Response& response);
  void add_framing(const Response& response);
  [[nodiscard]] bool has_body(int status) const noexcept;
  void enter(Phase phase);
  void expired() noexcept override;
  void client_left() noexcept;
  void stream_ended() noexcept override { client_left(); }

  Server& server_;
  std::unique_ptr<Socket> socket_;
  std::string peer_host_;
  Server::Connections::iterator place_;
  std::unique_ptr<ServerConnectionState> exchange_;
  CancelScope* scope_ = nullptr;  // of what the connection does now
  Phase phase_ = Phase::kIdle;
  TimePoint deadline_ = TimePoint::max();  // of the phase; the timer may fire before
  bool timed_out_ = false;
  bool begun_ = false;  // a head has come
  bool speaks_other_ = false;
};

}  // namespace edge::http1
