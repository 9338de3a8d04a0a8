// A Server with a handler of many paths, on TCP or a Unix socket, for tests.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "edge/loop/sync.h"
#include "edge/net/http1/server.h"
#include "tests/edge/net/http1/wire.h"
#include "tests/support/temp_dir.h"

namespace edge::http1::test {

// Answers by path; what it saw is there to be asserted.
class Paths final : public Handler {
 public:
  explicit Paths(Loop& loop) : gate(loop) {}
  Task<void> handle(Ctx ctx, ServerExchange* exchange) override;

  Event gate;                  // what /wait waits for
  int handled = 0;             // requests
  int running = 0;             // of them now
  std::string last_error;      // of the last wait, body or answer that failed
  std::uint64_t produced = 0;  // bytes that /bytes and /chunks have given so far

 private:
  using Answerer = Task<void> (Paths::*)(Ctx, ServerExchange*);
  Task<void> hello(Ctx ctx, ServerExchange* exchange);
  Task<void> echo(Ctx ctx, ServerExchange* exchange);
  Task<void> count(Ctx ctx, ServerExchange* exchange);
  Task<void> stream(Ctx ctx, ServerExchange* exchange);
  Task<void> wait(Ctx ctx, ServerExchange* exchange);
  Task<void> bytes(Ctx ctx, ServerExchange* exchange);
  Task<void> chunks(Ctx ctx, ServerExchange* exchange);
  Task<void> breaks(Ctx ctx, ServerExchange* exchange);
  Task<void> too_short(Ctx ctx, ServerExchange* exchange);
  Task<void> too_long(Ctx ctx, ServerExchange* exchange);
  Task<void> status(Ctx ctx, ServerExchange* exchange);
  Task<void> throws(Ctx ctx, ServerExchange* exchange);
  Task<void> throws_number(Ctx ctx, ServerExchange* exchange);
  Task<void> silent(Ctx ctx, ServerExchange* exchange);
  static const std::map<std::string_view, Answerer>& table();
  void note(const Status& status);
};

enum class Kind { kTcp, kUnix };

class ServerFixture : public testing::TestWithParam<Kind> {
 protected:
  ServerFixture() = default;
  ~ServerFixture() override;

  void start(ServerLimits limits = {}, Server::Admission admission = {});
  void stop();
  [[nodiscard]] Address address() const;
  Wire wire() { return {loop_, address()}; }
  // Sends `bytes` on a new connection, and gives everything that comes back. The server must end
  // the connection.
  std::string talk(const std::string& bytes);

  edge::test::TempDir dir_;
  UvLoop loop_;
  Paths paths_{loop_};
  std::unique_ptr<Server> server_;
};

// Requests; `lines` are whole header lines.
std::string get(const std::string& target, const std::string& lines = "");
std::string post(const std::string& target, const std::string& body, const std::string& lines = "");
std::string post_chunks(const std::string& target, const std::string& chunks,
                        const std::string& lines = "");
std::string chunk(const std::string& body);

std::string kind_name(const testing::TestParamInfo<Kind>& info);

// Lets the loop turn until `reached`; throws after kLimit.
Task<void> until(Loop* loop, std::function<bool()> reached);

}  // namespace edge::http1::test
