// When connections of a Server begin and end: limits, clients that leave, stopping.

#include <string>

#include <gtest/gtest.h>

#include "edge/net/http1/server.h"
#include "tests/edge/net/http1/server_fixture.h"

namespace edge::http1 {
namespace {

using std::chrono::milliseconds;
using test::Answer;
using test::get;
using test::Kind;
using test::until;
using test::Wire;

Task<void> say(Wire* wire, std::string bytes) {
  const Status sent = co_await wire->send(bytes);
  if (!sent) throw std::runtime_error(sent.error().message);
}

Task<void> say_hello(Wire* wire) {
  co_await wire->open();
  co_await say(wire, get("/hello"));
  const Answer answer = co_await wire->answer();
  EXPECT_EQ(answer.body, "hello");
}

class ServerLifeTest : public test::ServerFixture {
 protected:
  // Begins a request to /wait, and waits until its handler runs.
  static Task<void> begin_wait(ServerLifeTest* self, Wire* wire) {
    co_await wire->open();
    co_await say(wire, get("/wait"));
    co_await until(&self->loop_, [self] { return self->paths_.running == 1; });
  }

  static Task<void> fill_the_server(ServerLifeTest* self) {
    Wire one = self->wire();
    Wire two = self->wire();
    Wire knocking = self->wire();
    co_await say_hello(&one);
    co_await say_hello(&two);
    co_await knocking.open();
    co_await say(&knocking, get("/hello"));
    const std::string said = co_await knocking.rest();
    EXPECT_TRUE(said.starts_with("HTTP/1.1 503 Service Unavailable\r\n")) << said;
    EXPECT_TRUE(said.ends_with("\r\n\r\ntoo many open connections.\n")) << said;
    one.drop();
    co_await until(&self->loop_, [self] { return self->server_->connections() == 1; });
    Wire after = self->wire();
    co_await say_hello(&after);
  }

  static Task<void> wait_longer(ServerLifeTest* self, Wire* wire) {
    co_await begin_wait(self, wire);
    const Status slept = co_await sleep_for(self->loop_, Ctx::background(), milliseconds(50));
    EXPECT_TRUE(slept);
    self->paths_.gate.set();
    const Answer answer = co_await wire->answer();
    EXPECT_EQ(answer.body, "waited");
  }

  static Task<std::string> half_close_and_wait(ServerLifeTest* self, Wire* wire) {
    co_await begin_wait(self, wire);
    co_await wire->end();
    const Status slept = co_await sleep_for(self->loop_, Ctx::background(), milliseconds(5));
    if (!slept) co_return slept.error().message;
    self->paths_.gate.set();
    co_return co_await wire->rest();
  }

  static Task<void> vanish(ServerLifeTest* self) {
    Wire client = self->wire();
    co_await begin_wait(self, &client);
    client.drop();
    co_await until(&self->loop_, [self] { return self->paths_.running == 0; });
    co_await until(&self->loop_, [self] { return self->server_->connections() == 0; });
  }

  // The request and its end of file come together, before the handler begins.
  static Task<void> vanish_at_once(ServerLifeTest* self) {
    Wire client = self->wire();
    co_await client.open();
    co_await say(&client, get("/wait"));
    client.drop();
    co_await until(&self->loop_, [self] { return self->paths_.handled == 1; });
    co_await until(&self->loop_, [self] { return self->paths_.running == 0; });
  }

  static Task<void> stop_gently(ServerLifeTest* self) {
    Wire idle = self->wire();
    Wire waiting = self->wire();
    co_await say_hello(&idle);
    co_await begin_wait(self, &waiting);
    TaskGroup stopping(self->loop_, "stopping");
    DeadlineScope limit(self->loop_, Ctx::background(), edge::test::kLimit);
    stopping.spawn(self->server_->stop(limit.ctx()));
    const std::string of_idle = co_await idle.rest();
    EXPECT_EQ(of_idle, "");
    EXPECT_EQ(self->server_->connections(), 1U);
    self->paths_.gate.set();
    const std::string said = co_await waiting.rest();
    EXPECT_TRUE(said.starts_with("HTTP/1.1 200 OK\r\n")) << said;
    EXPECT_TRUE(said.contains("\r\nConnection: close\r\n")) << said;
    EXPECT_TRUE(said.ends_with("\r\n\r\nwaited")) << said;
    co_await stopping.wait();
    EXPECT_EQ(self->server_->connections(), 0U);
  }

  static Task<void> stop_in_a_hurry(ServerLifeTest* self) {
    Wire waiting = self->wire();
    co_await begin_wait(self, &waiting);
    DeadlineScope limit(self->loop_, Ctx::background(), milliseconds(20));
    co_await self->server_->stop(limit.ctx());
    EXPECT_EQ(self->server_->connections(), 0U);
    EXPECT_EQ(self->paths_.running, 0);
    EXPECT_EQ(self->paths_.last_error, "context deadline exceeded");
    const std::string said = co_await waiting.rest();
    EXPECT_EQ(said, "");
  }

  // Nobody reads the answer, which is longer than all buffers.
  static Task<void> stop_over_a_full_pipe(ServerLifeTest* self) {
    Wire deaf = self->wire();
    co_await deaf.open();
    co_await say(&deaf, get("/bytes/1000000000"));
    std::uint64_t before = 1;
    while (self->paths_.produced == 0 || before != self->paths_.produced) {
      before = self->paths_.produced;
      const Status slept = co_await sleep_for(self->loop_, Ctx::background(), milliseconds(10));
      if (!slept) co_return;
    }
    DeadlineScope limit(self->loop_, Ctx::background(), milliseconds(20));
    co_await self->server_->stop(limit.ctx());
    EXPECT_EQ(self->server_->connections(), 0U);
    EXPECT_EQ(self->paths_.running, 0);
  }

  static Task<void> read_nothing(ServerLifeTest* self, std::string target) {
    Wire deaf = self->wire();
    co_await deaf.open();
    co_await say(&deaf, get(target));
    co_await until(&self->loop_, [self] { return self->server_->connections() == 1; });
    co_await until(&self->loop_, [self] { return self->server_->connections() == 0; });
    EXPECT_EQ(self->paths_.running, 0);
  }

  // In small pieces, with pauses that are together several times the limit.
  static Task<void> read_slowly(ServerLifeTest* self) {
    Wire slow = self->wire();
    co_await slow.open();
    co_await say(&slow, get("/bytes/3000000"));
    for (int i = 0; i < 10; ++i) {
      const Status slept = co_await sleep_for(self->loop_, Ctx::background(), milliseconds(30));
      if (!slept) co_return;
      co_await slow.exactly(100'000);
    }
    EXPECT_EQ(self->server_->connections(), 1U);
    const std::string rest = co_await slow.exactly(2'000'000);
    EXPECT_EQ(rest.size(), 2'000'000U);
  }
};

INSTANTIATE_TEST_SUITE_P(Kinds, ServerLifeTest, testing::Values(Kind::kTcp, Kind::kUnix),
                         test::kind_name);

TEST_P(ServerLifeTest, AHeadThatDoesNotComeInTimeIs408) {
  start({.header_time = milliseconds(30)});
  const std::string said = talk("GET / HTTP/1.1\r\nHost: a\r\n");
  EXPECT_TRUE(said.starts_with("HTTP/1.1 408 Request Timeout\r\n")) << said;
  EXPECT_TRUE(said.contains("\r\nConnection: close\r\n")) << said;
}

TEST_P(ServerLifeTest, AnIdleConnectionEndsInSilence) {
  start({.idle_time = milliseconds(30)});
  EXPECT_EQ(talk(""), "");
  const std::string said = talk(get("/hello"));
  EXPECT_TRUE(said.ends_with("\r\n\r\nhello")) << said;
}

// The limits of the head are none for what comes after it.
TEST_P(ServerLifeTest, AHandlerMayTakeLonger) {
  start({.header_time = milliseconds(10), .idle_time = milliseconds(10)});
  Wire client = wire();
  run(loop_, wait_longer(this, &client));
}

TEST_P(ServerLifeTest, OverTheLimitIs503) {
  start({.connections = 2});
  run(loop_, fill_the_server(this));
}

TEST_P(ServerLifeTest, AdmissionDecidesBeforeAByteIsRead) {
  int asked = 0;
  start({}, [&asked](const Socket&) { return ++asked == 1 ? "not you" : ""; });
  EXPECT_FALSE(talk("").contains("HTTP"));
  EXPECT_TRUE(talk(get("/hello", "Connection: close\r\n")).ends_with("hello"));
  EXPECT_EQ(asked, 2);
}

TEST_P(ServerLifeTest, AHalfClosedClientGetsItsAnswer) {
  start();
  Wire client = wire();
  const std::string said = run(loop_, half_close_and_wait(this, &client));
  EXPECT_TRUE(said.ends_with("\r\n\r\nwaited")) << said;
}

TEST_P(ServerLifeTest, AClientThatVanishesCancelsItsHandler) {
  start({.orphan_time = milliseconds(10)});
  run(loop_, vanish(this));
  EXPECT_EQ(paths_.last_error, "context canceled");
}

TEST_P(ServerLifeTest, AClientThatVanishesAtOnceCancelsItsHandler) {
  start({.orphan_time = milliseconds(10)});
  run(loop_, vanish_at_once(this));
  EXPECT_EQ(paths_.last_error, "context canceled");
}

TEST_P(ServerLifeTest, StopEndsTheIdleAndAnswersTheRest) {
  start();
  run(loop_, stop_gently(this));
}

TEST_P(ServerLifeTest, StopCutsOffWhenItsTimeIsOver) {
  start();
  run(loop_, stop_in_a_hurry(this));
}

TEST_P(ServerLifeTest, StopCutsOffAnAnswerThatNobodyReads) {
  start();
  run(loop_, stop_over_a_full_pipe(this));
}

TEST_P(ServerLifeTest, AClientThatTakesNothingIsCutOff) {
  start({.stall_time = milliseconds(50)});
  for (const std::string target : {"/bytes/1000000000", "/chunks/1000000000"}) {
    run(loop_, read_nothing(this, target));
    EXPECT_EQ(paths_.last_error, "write: the peer has taken nothing for 50ms");
  }
}

TEST_P(ServerLifeTest, AClientThatReadsSlowlyIsServed) {
  start({.stall_time = milliseconds(100)});
  run(loop_, read_slowly(this));
}

TEST_P(ServerLifeTest, StopWithoutConnections) {
  start();
  run(loop_, server_->stop(Ctx::background()));
  EXPECT_EQ(server_->connections(), 0U);
}

}  // namespace
}  // namespace edge::http1
