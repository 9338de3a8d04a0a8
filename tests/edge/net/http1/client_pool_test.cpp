// Connections of a ClientPool: kept, used again, retried, given up.

#include "edge/net/http1/client_pool.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/edge/net/http1/pattern_source.h"
#include "tests/edge/net/http1/pool_fixture.h"

namespace edge::http1 {
namespace {

using std::chrono::milliseconds;
using test::Asking;
using test::Outcome;
using test::posting;
using test::serve_get;
using test::Wire;

class ClientPoolTest : public test::PoolFixture {
 protected:
  using Self = ClientPoolTest;

  static Task<void> expect_ok(Self* self, std::string body = "ok") {
    const Outcome outcome = co_await ask(self, {});
    EXPECT_FALSE(outcome.error) << outcome.error->message;
    EXPECT_EQ(outcome.status, 200);
    EXPECT_EQ(outcome.body, body);
  }
  static Task<void> expect_error(Self* self, Asking asking, Code code) {
    const Outcome outcome = co_await ask(self, asking);
    EXPECT_TRUE(outcome.error);
    if (outcome.error) EXPECT_EQ(outcome.error->code, code) << outcome.error->message;
  }
  // Leaves one idle connection, which the server holds as `wire`.
  static Task<void> warm_up(Self* self) {
    co_await expect_ok(self);
    EXPECT_EQ(self->pool().idle(), 1U);
  }
  static Task<void> wait_for_idle(Self* self, std::size_t count) {
    const TimePoint limit = self->loop_.now() + edge::test::kLimit;
    while (self->pool().idle() != count && self->loop_.now() < limit) {
      const Status slept = co_await sleep_for(self->loop_, Ctx::background(), milliseconds(1));
      if (!slept) co_return;
    }
    EXPECT_EQ(self->pool().idle(), count);
  }

  static Task<void> serve_three(Self* self) {
    Wire wire = co_await accept(self);
    for (int i = 0; i < 3; ++i) co_await serve_get(&wire);
    const bool alone = co_await quiet(self);
    EXPECT_TRUE(alone);
  }
  static Task<void> ask_three(Self* self) {
    for (int i = 0; i < 3; ++i) co_await expect_ok(self);
    EXPECT_EQ(self->pool().idle(), 1U);
  }

  static Task<void> serve_and_hang_up(Self* self) {
    Wire wire = co_await accept(self);
    co_await serve_get(&wire);
  }
  static Task<void> ask_and_notice(Self* self) {
    co_await warm_up(self);
    co_await wait_for_idle(self, 0);
  }

  // Takes the second request of a connection and hangs up over it, after `begun` of an answer.
  static Task<void> serve_stale(Self* self, std::string begun) {
    {
      Wire wire = co_await accept(self);
      co_await serve_get(&wire);
      const std::string head = co_await wire.through("\r\n\r\n");
      EXPECT_FALSE(head.empty());
      const Status sent = co_await wire.send(begun);
      EXPECT_TRUE(sent);
    }
  }
  static Task<void> serve_stale_then_again(Self* self) {
    co_await serve_stale(self, "");
    Wire wire = co_await accept(self);
    co_await serve_get(&wire, "again");
  }
  static Task<void> serve_stale_then_nothing(Self* self, std::string begun) {
    co_await serve_stale(self, begun);
    const bool alone = co_await quiet(self);
    EXPECT_TRUE(alone);
  }
  static Task<void> ask_over_stale(Self* self) {
    co_await warm_up(self);
    co_await expect_ok(self, "again");
  }
  static Task<void> fail_over_stale(Self* self, Asking asking) {
    co_await warm_up(self);
    co_await expect_error(self, asking, Code::kUnavailable);
    EXPECT_EQ(self->pool().idle(), 0U);
  }

  static Task<void> serve_stale_put(Self* self) {
    co_await serve_stale(self, "");
    Wire wire = co_await accept(self);
    const std::string head = co_await wire.through("\r\n\r\n");
    EXPECT_TRUE(head.contains("\r\nContent-Length: 11\r\n")) << head;
    const std::string body = co_await wire.exactly(11);
    EXPECT_EQ(body, "hello again");
    const Status sent = co_await wire.send("HTTP/1.1 204 No Content\r\n\r\n");
    EXPECT_TRUE(sent);
  }
  static Task<void> put_over_stale(Self* self) {
    co_await warm_up(self);
    TextSource body("hello again");
    const Outcome outcome =
        co_await ask(self, {.head = "PUT /x HTTP/1.1\r\nHost: a\r\n", .body = &body});
    EXPECT_FALSE(outcome.error);
    EXPECT_EQ(outcome.status, 204);
  }

  static Task<void> hang_up_at_once(Self* self) {
    {
      Wire wire = co_await accept(self);
      const std::string head = co_await wire.through("\r\n\r\n");
      EXPECT_FALSE(head.empty());
    }
    const bool alone = co_await quiet(self);
    EXPECT_TRUE(alone);
  }

  // Something that nobody asked for comes behind the answer.
  static Task<void> serve_and_babble(Self* self, bool* babbled) {
    Wire wire = co_await accept(self);
    co_await serve_get(&wire);
    const Status sent = co_await wire.send("HTTP/1.1 408 Request Timeout\r\n\r\n");
    EXPECT_TRUE(sent);
    *babbled = true;
    Wire second = co_await accept(self);
    co_await serve_get(&second, "second");
  }
  static Task<void> ask_after_babble(Self* self, const bool* babbled) {
    co_await expect_ok(self);
    while (!*babbled) {
      const Status slept = co_await sleep_for(self->loop_, Ctx::background(), milliseconds(1));
      EXPECT_TRUE(slept);
    }
    const Status slept = co_await sleep_for(self->loop_, Ctx::background(), milliseconds(20));
    EXPECT_TRUE(slept);
    co_await expect_ok(self, "second");
  }

  static Task<void> serve_too_much(Self* self) {
    Wire wire = co_await accept(self);
    const std::string head = co_await wire.through("\r\n\r\n");
    const Status sent = co_await wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok!");
    EXPECT_TRUE(sent);
    const std::string rest = co_await wire.rest();
    EXPECT_EQ(rest, "");
  }

  static Task<void> ask_two_at_once(Self* self) {
    TaskGroup group(self->loop_, "askers");
    group.spawn(expect_ok(self));
    group.spawn(expect_ok(self));
    co_await group.wait();
  }
  static Task<void> serve_two_at_once(Self* self) {
    Wire one = co_await accept(self);
    Wire two = co_await accept(self);
    co_await serve_get(&one);
    co_await serve_get(&two);
    co_await wait_for_idle(self, 1);
  }

  static Task<void> serve_until_left(Self* self) {
    Wire wire = co_await accept(self);
    co_await serve_get(&wire);
    const std::string rest = co_await wire.rest();
    EXPECT_EQ(rest, "");
  }

  // Looks at the head of an answer only.
  static Task<void> ignore_body(Self* self) {
    TextSource nothing("");
    ClientRequest request;
    request.head = Asking().head;
    request.body = &nothing;
    auto connection = co_await self->pool().connect(Ctx::background());
    auto exchange =
        co_await self->pool().exchange(Ctx::background(), std::move(*connection), request);
    EXPECT_TRUE(exchange);
    if (exchange) co_await (*exchange)->close();
  }
  static Task<void> ignore_bodies(Self* self) {
    co_await ignore_body(self);
    EXPECT_EQ(self->pool().idle(), 1U);
    co_await ignore_body(self);
    EXPECT_EQ(self->pool().idle(), 0U);
  }
  static Task<void> serve_short_and_long(Self* self) {
    Wire wire = co_await accept(self);
    co_await serve_get(&wire, "short");
    co_await serve_get(&wire, std::string(500'000, 'x'));
  }
};

TEST_F(ClientPoolTest, UsesAConnectionAgain) {
  play(serve_three(this), ask_three(this));
}

TEST_F(ClientPoolTest, NoticesTheEndOfAnIdleConnection) {
  play(serve_and_hang_up(this), ask_and_notice(this));
}

TEST_F(ClientPoolTest, SendsAGetAgainWhereTheConnectionWasStale) {
  play(serve_stale_then_again(this), ask_over_stale(this));
}

TEST_F(ClientPoolTest, SendsABodyInHandAgain) {
  play(serve_stale_put(this), put_over_stale(this));
}

TEST_F(ClientPoolTest, DoesNotSendAPostAgain) {
  TextSource body("hello");
  play(serve_stale_then_nothing(this, ""), fail_over_stale(this, posting(&body)));
}

TEST_F(ClientPoolTest, DoesNotSendAStreamAgain) {
  test::PatternSource body(100, test::PatternSource::Length::kKnown);
  Asking put = posting(&body);
  put.idempotent = test::Idempotent::kYes;
  play(serve_stale_then_nothing(this, ""), fail_over_stale(this, put));
}

TEST_F(ClientPoolTest, DoesNotAskAgainWhenAnAnswerHadBegun) {
  play(serve_stale_then_nothing(this, "HTTP/1.1 2"), fail_over_stale(this, {}));
}

TEST_F(ClientPoolTest, DoesNotAskAgainOnANewConnection) {
  play(hang_up_at_once(this), expect_error(this, {}, Code::kUnavailable));
}

TEST_F(ClientPoolTest, DropsAConnectionThatBabbles) {
  bool babbled = false;
  play(serve_and_babble(this, &babbled), ask_after_babble(this, &babbled));
}

TEST_F(ClientPoolTest, DropsAConnectionWithBytesBehindTheAnswer) {
  play(serve_too_much(this), expect_ok(this));
  EXPECT_EQ(pool().idle(), 0U);
}

TEST_F(ClientPoolTest, KeepsNoMoreThanItsLimit) {
  pool({.idle_connections = 1});
  play(serve_two_at_once(this), ask_two_at_once(this));
}

TEST_F(ClientPoolTest, KeepsNoLongerThanItsLimit) {
  pool({.idle_time = milliseconds(20)});
  play(serve_until_left(this), expect_ok(this));
  EXPECT_EQ(pool().idle(), 0U);
}

TEST_F(ClientPoolTest, AShortBodyLeftUnreadCostsNoConnection) {
  play(serve_short_and_long(this), ignore_bodies(this));
}

TEST_F(ClientPoolTest, SaysWhyItCannotDial) {
  pool();
  listener_->stop();
  const Outcome outcome = run(loop_, ask(this, {}));
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, Code::kUnavailable);
  EXPECT_TRUE(outcome.error->message.starts_with("dial tcp 127.0.0.1:")) << outcome.error->message;
}

}  // namespace
}  // namespace edge::http1
