// A client of one AWS service that speaks JSON: signs each call, and repeats it where the service
// asks for patience or the hub's clock is wrong. Loop thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "edge/loop/socket.h"
#include "edge/net/aws/refusal.h"
#include "edge/net/aws/sigv4.h"
#include "edge/net/http1/client_pool.h"
#include "edge/net/tls/context.h"

namespace edge::aws {

struct ClientOptions {
  Address server;
  std::string host;                               // for the Host header
  std::shared_ptr<const tls::ClientContext> tls;  // nullptr: plain TCP
  std::string region;
  std::string service;  // "secretsmanager"
  Credentials credentials;
  Duration call_limit = std::chrono::seconds(10);
  std::size_t most_answer_bytes = std::size_t{1} << 20;
};

class Client {
 public:
  Client(UvLoop& loop, ClientOptions options);
  ~Client();

  // Calls an operation ("GetSecretValue") and gives the body of its answer.
  // Errors: those of error_of(); kUnavailable where the service cannot be reached; kCancelled.
  Task<Result<std::string>> call(Ctx ctx, std::string_view operation, std::string body);

  // The service's address: for messages.
  [[nodiscard]] const std::string& host() const noexcept { return options_.host; }

 private:
  Task<Result<std::string>> attempt(Ctx ctx, const Call* call);
  Task<Result<std::string>> take(Ctx ctx, http1::ClientExchange* exchange);
  [[nodiscard]] Error refused(const Refusal& refusal, std::string_view date);
  [[nodiscard]] Error seen(const Error& error) const;
  [[nodiscard]] WallTime now() const { return loop_.wall_now() + clock_offset_; }

  UvLoop& loop_;
  ClientOptions options_;
  std::unique_ptr<http1::ClientPool> pool_;
  Duration clock_offset_{};  // the service's time less the hub's
};

}  // namespace edge::aws
