// A client of etcd through its JSON gateway: ranges and watches, with login where one is needed.
//
// Several servers are members of one cluster: where one cannot be reached, the next is asked. Loop
// thread. Source: sync reference §4.1.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "edge/loop/socket.h"
#include "edge/net/etcd/messages.h"
#include "edge/net/etcd/watch.h"
#include "edge/net/http1/client_pool.h"
#include "edge/net/tls/context.h"

namespace edge::etcd {

struct ClientOptions {
  std::vector<Address> servers;                   // at least one
  std::shared_ptr<const tls::ClientContext> tls;  // nullptr: plain TCP
  std::string username;                           // "": no login
  std::string password;
  Duration call_limit = std::chrono::seconds(30);
  std::size_t most_answer_bytes = std::size_t{4} << 20;   // of a range
  std::size_t most_message_bytes = std::size_t{8} << 20;  // of a watch
};

class Client {
 public:
  Client(UvLoop& loop, ClientOptions options);

  // Errors: kUnavailable, kUnauthenticated (the login is refused), kPermissionDenied, kOutOfRange
  // (the revision is compacted, or was never there), kResourceExhausted (the answer is too long:
  // ask for fewer keys), kInvalidArgument (it is malformed), kCancelled.
  Task<Result<RangeAnswer>> range(Ctx ctx, RangeRequest request);

  // The changes of a range from `start_revision` on. Errors: as range().
  Task<Result<std::unique_ptr<Watch>>> watch(Ctx ctx, Range range, std::uint64_t start_revision);

  // The server that is asked now: for messages.
  [[nodiscard]] std::string server() const { return options_.servers[current_].text(); }

 private:
  // An answer whose body is to come, with status 200.
  using Exchange = std::unique_ptr<http1::ClientExchange>;
  Task<Result<Exchange>> open(Ctx ctx, std::string_view path, ByteSource* body);
  struct Line {
    std::size_t server;
    http1::Connection connection;
  };
  Task<Result<Line>> connect(Ctx ctx);
  Task<Result<std::string>> post(Ctx ctx, std::string_view path, std::string body,
                                 std::size_t most_bytes);
  Task<Result<std::unique_ptr<Watch>>> start_watch(Ctx ctx, std::string request);
  Task<Status> log_in(Ctx ctx);
  [[nodiscard]] bool may_log_in_again(const Error& error) noexcept;
  [[nodiscard]] std::string head(std::size_t server, std::string_view path) const;
  // Another one is asked from now on, unless one is already.
  void pass_over(std::size_t server) noexcept;
  [[nodiscard]] Error seen(const Error& error) const;

  UvLoop& loop_;
  ClientOptions options_;
  std::vector<std::unique_ptr<http1::ClientPool>> pools_;  // one a server
  std::size_t current_ = 0;
  std::string token_;  // "": not logged in
};

}  // namespace edge::etcd
