// A ClientPool and the listener that it dials, for tests that play the server by hand.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "edge/net/http1/client_pool.h"
#include "tests/edge/net/http1/wire.h"

namespace edge::http1::test {

// How an exchange went: its answer, or the error.
struct Outcome {
  int status = 0;
  std::string body;
  std::string headers;  // "name=value;" each
  std::optional<Error> error;
};

enum class Idempotent { kYes, kNo };

struct Asking {
  std::string head = "GET /x HTTP/1.1\r\nHost: a\r\n";
  ByteSource* body = nullptr;  // nullptr: none
  Idempotent idempotent = Idempotent::kYes;
  Answering answering = Answering::kOther;
  bool says_length = false;
};

Asking posting(ByteSource* body);

class PoolFixture : public testing::Test {
 protected:
  PoolFixture();

  ClientPool& pool(PoolLimits limits = {});
  // The next connection, from the server's side; throws where none comes.
  static Task<Wire> accept(PoolFixture* self);
  // Whether nobody knocks for a while.
  static Task<bool> quiet(PoolFixture* self);
  static Task<Outcome> ask(PoolFixture* self, Asking asking, Ctx ctx = Ctx::background());
  // Runs the server's part and the client's beside each other.
  void play(Task<void> server, Task<void> client);

  UvLoop loop_;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<ClientPool> pool_;
};

// Answers one GET with a small body.
Task<void> serve_get(Wire* wire, std::string body = "ok");

}  // namespace edge::http1::test
