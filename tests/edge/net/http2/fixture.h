// A Server with a handler of many paths, a client for it, and a peer that speaks raw frames.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "edge/loop/sync.h"
#include "edge/net/http2/client.h"
#include "edge/net/http2/server.h"
#include "tests/support/temp_dir.h"
#include "tests/support/timing.h"

namespace edge::http2::test {

// Answers by path; what it saw is there to be asserted.
class Paths final : public Handler {
 public:
  explicit Paths(Loop& loop) : gate(loop) {}
  Task<void> handle(Ctx ctx, ServerExchange exchange) override;

  Event gate;                  // what /wait waits for
  int handled = 0;             // requests
  int running = 0;             // of them now
  int most = 0;                // that ran at once
  std::string last_error;      // of the last wait, body or answer that failed
  std::uint64_t produced = 0;  // bytes that /bytes has given so far

 private:
  Task<void> dispatch(Ctx ctx, Stream* stream);
  Task<void> echo(Ctx ctx, Stream* stream);
  Task<void> stream_back(Ctx ctx, Stream* stream);
  Task<void> bytes(Ctx ctx, Stream* stream);
  Task<void> trailers(Ctx ctx, Stream* stream);
  Task<void> wait(Ctx ctx, Stream* stream);
  Task<void> reply(Ctx ctx, Stream* stream, std::string body);
  void note(const Status& status);
};

struct Answer {
  int status = 0;
  std::string body;
  std::string trailers;  // "name: value\n" each
  std::string error;     // "" where the answer is whole
};

enum class Kind { kTcp, kUnix };

class Fixture : public testing::TestWithParam<Kind> {
 protected:
  ~Fixture() override;

  void start(ServerLimits limits = {});
  void stop();
  void connect(ClientLimits limits = {});
  [[nodiscard]] Address address() const;
  // One request through client_.
  Answer ask(const std::string& path, const std::string& body = "");

  edge::test::TempDir dir_;
  UvLoop loop_;
  Paths paths_{loop_};
  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_;
};

Task<Answer> exchange(Client* client, std::string path, std::string body);
// As exchange, and stores the answer.
Task<void> exchange_into(Client* client, std::string path, Answer* out);

std::string kind_name(const testing::TestParamInfo<Kind>& info);

// Lets the loop turn until `reached`; throws after kLimit.
Task<void> until(Loop* loop, std::function<bool()> reached);

}  // namespace edge::http2::test
