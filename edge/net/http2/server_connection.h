// One client's connection to a Server: runs a handler for each of its streams.
#pragma once

#include <memory>
#include <string>

#include "edge/net/http2/server.h"
#include "edge/net/http2/session.h"

namespace edge::http2 {

class ServerConnection final : private Session::Owner {
 public:
  ServerConnection(Connections& all, std::unique_ptr<Socket> socket);
  ~ServerConnection();

  // As Session::adopt().
  Status adopt(const Upgrade& upgrade) { return session_.adopt(upgrade); }
  // Serves until either side ends the connection. `ctx` cuts it off.
  Task<void> run(Ctx ctx);
  // Takes no new streams; ends when those that are open have.
  void drain() noexcept { session_.drain(); }

 private:
  void request_came(StreamPtr stream) override;
  [[nodiscard]] bool takes_stream() noexcept override;
  void changed() noexcept override {}
  Task<void> serve(StreamPtr stream);
  Task<void> handle(Ctx ctx, Stream* stream);

  Connections& all_;
  std::string peer_host_;
  TaskGroup handlers_;
  Session session_;
  Connections::Open::iterator place_;
};

}  // namespace edge::http2
