#include "edge/loop/socket.h"

#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "edge/loop/sync.h"
#include "edge/loop/task_group.h"
#include "tests/support/temp_dir.h"
#include "tests/support/timing.h"
#include "tests/support/turn.h"

namespace edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::next_turn;

enum class Kind { kTcp, kUnix };

// Both ends of one connection, and the listener that it came through.
struct Pair {
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Socket> client;
  std::unique_ptr<Socket> server;
};

Task<Status> write_all(ByteStream* stream, Ctx ctx, std::string text) {
  const std::string_view part = text;
  co_return co_await stream->write(ctx, std::span(&part, 1));
}

// Reads to the end of the stream.
Task<Result<std::string>> read_all(ByteStream* stream, Ctx ctx) {
  std::string text;
  while (true) {
    auto filled = co_await stream->fill(ctx);
    if (!filled) co_return filled.error();
    text += stream->pending();
    stream->consume(stream->pending().size());
    if (*filled == Fill::kEnd) co_return text;
  }
}

Task<Result<std::string>> read_exactly(ByteStream* stream, Ctx ctx, std::size_t size) {
  while (stream->pending().size() < size) {
    auto filled = co_await stream->fill(ctx);
    if (!filled) co_return filled.error();
    if (*filled == Fill::kEnd) co_return Error{Code::kDataLoss, "end of file"};
  }
  std::string text(stream->pending().substr(0, size));
  stream->consume(size);
  co_return text;
}

class SocketTest : public testing::TestWithParam<Kind> {
 protected:
  Result<std::unique_ptr<Listener>> listen() {
    if (GetParam() == Kind::kTcp) return Listener::tcp(loop_, "127.0.0.1", 0);
    return Listener::unix(loop_, dir_.file("edge.sock"));
  }
  [[nodiscard]] Address address(const Listener& listener) const {
    if (GetParam() == Kind::kTcp) return {"127.0.0.1", listener.port(), ""};
    return {"", 0, dir_.file("edge.sock")};
  }

  static Task<void> connect_pair(SocketTest* self, Pair* pair) {
    const Ctx ctx = Ctx::background();
    const Address to = self->address(*pair->listener);
    auto client = co_await connect(self->loop_, ctx, to);
    if (!client) throw std::runtime_error(client.error().message);
    auto server = co_await pair->listener->accept(ctx);
    if (!server) throw std::runtime_error(server.error().message);
    pair->client = std::move(*client);
    pair->server = std::move(*server);
  }
  Pair make_pair() {
    Pair pair;
    auto listener = listen();
    if (!listener) throw std::runtime_error(listener.error().message);
    pair.listener = std::move(*listener);
    run(loop_, connect_pair(this, &pair));
    return pair;
  }

  test::TempDir dir_;
  UvLoop loop_;
};

INSTANTIATE_TEST_SUITE_P(Kinds, SocketTest, testing::Values(Kind::kTcp, Kind::kUnix),
                         [](const auto& info) {
                           return std::string(info.param == Kind::kTcp ? "Tcp" : "Unix");
                         });

Task<std::string> exchange(Pair* pair) {
  const Ctx ctx = Ctx::background();
  const std::string_view parts[] = {"hello ", "", "wor", "ld"};
  const Status sent = co_await pair->client->write(ctx, parts);
  EXPECT_TRUE(sent);
  const auto request = co_await read_exactly(pair->server.get(), ctx, 11);
  const Status replied = co_await write_all(pair->server.get(), ctx, *request + "!");
  EXPECT_TRUE(replied);
  const auto answer = co_await read_exactly(pair->client.get(), ctx, 12);
  co_return *answer;
}

TEST_P(SocketTest, CarriesBytesBothWays) {
  Pair pair = make_pair();
  EXPECT_EQ(run(loop_, exchange(&pair)), "hello world!");
}

Task<std::string> half_close(Pair* pair) {
  const Ctx ctx = Ctx::background();
  const Status sent = co_await write_all(pair->client.get(), ctx, "question");
  EXPECT_TRUE(sent);
  const Status ended = co_await pair->client->shutdown_write(ctx);
  EXPECT_TRUE(ended);
  const auto question = co_await read_all(pair->server.get(), ctx);
  EXPECT_EQ(*question, "question");
  EXPECT_TRUE(pair->server->ended());
  EXPECT_FALSE(pair->client->ended());
  const Status answered = co_await write_all(pair->server.get(), ctx, "answer");
  EXPECT_TRUE(answered);
  pair->server.reset();
  const auto answer = co_await read_all(pair->client.get(), ctx);
  co_return *answer;
}

TEST_P(SocketTest, HalfCloseLeavesTheOtherDirectionOpen) {
  Pair pair = make_pair();
  EXPECT_EQ(run(loop_, half_close(&pair)), "answer");
}

Task<void> read_after_end(Pair* pair) {
  const Ctx ctx = Ctx::background();
  const Status sent = co_await write_all(pair->client.get(), ctx, "last");
  EXPECT_TRUE(sent);
  pair->client.reset();
  const auto first = co_await read_all(pair->server.get(), ctx);
  EXPECT_EQ(*first, "last");
  const auto again = co_await pair->server->fill(ctx);
  EXPECT_EQ(*again, Fill::kEnd);
}

TEST_P(SocketTest, TheEndStaysTheEnd) {
  Pair pair = make_pair();
  run(loop_, read_after_end(&pair));
}

struct NotedEnd final : EndObserver {
  explicit NotedEnd(Loop& loop) : ended(loop) {}
  void stream_ended() noexcept override {
    ++times;
    ended.set();
  }
  Event ended;
  int times = 0;
};

Task<void> observe_end(UvLoop* loop, Pair* pair, int* observed) {
  NotedEnd note(*loop);
  pair->server->on_ended(&note);
  pair->client.reset();
  DeadlineScope limit(*loop, Ctx::background(), test::kLimit);
  const Status seen = co_await note.ended.wait(limit.ctx());
  EXPECT_TRUE(seen);
  *observed = note.times;
}

TEST_P(SocketTest, AHangUpIsNoticedWhileNobodyReads) {
  Pair pair = make_pair();
  int observed = 0;
  run(loop_, observe_end(&loop_, &pair, &observed));
  EXPECT_EQ(observed, 1);
  EXPECT_TRUE(pair.server->ended());
}

Task<Code> cancelled_fill(UvLoop* loop, Pair* pair) {
  DeadlineScope limit(*loop, Ctx::background(), milliseconds(2));
  const auto filled = co_await pair->server->fill(limit.ctx());
  co_return filled ? Code::kUnknown : filled.error().code;
}

TEST_P(SocketTest, ACancelledReadLosesNothing) {
  Pair pair = make_pair();
  EXPECT_EQ(run(loop_, cancelled_fill(&loop_, &pair)), Code::kDeadlineExceeded);
  EXPECT_EQ(run(loop_, exchange(&pair)), "hello world!");
}

Task<void> note_fill(ByteStream* stream, Ctx ctx, std::vector<Result<Fill>>* results) {
  const auto filled = co_await stream->fill(ctx);
  results->push_back(filled);
}

Task<void> close_under_reader(UvLoop* loop, Pair* pair, std::vector<Result<Fill>>* results) {
  TaskGroup group(*loop, "reader");
  group.spawn(note_fill(pair->server.get(), group.ctx(), results));
  co_await next_turn(loop);
  pair->server->close();
  pair->server->close();
  EXPECT_TRUE(results->empty());
  co_await group.wait();
  const Status written = co_await write_all(pair->server.get(), Ctx::background(), "late");
  EXPECT_EQ(written.error().code, Code::kCancelled);
  const Status ended = co_await pair->server->shutdown_write(Ctx::background());
  EXPECT_EQ(ended.error().code, Code::kCancelled);
}

TEST_P(SocketTest, CloseEndsAPendingRead) {
  Pair pair = make_pair();
  std::vector<Result<Fill>> results;
  run(loop_, close_under_reader(&loop_, &pair, &results));
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].error().code, Code::kCancelled);
}

constexpr std::size_t kFlood = std::size_t{16} * 1024 * 1024;

Task<void> note_write(ByteStream* stream, Ctx ctx, std::string text, std::vector<Status>* results) {
  const Status written = co_await write_all(stream, ctx, std::move(text));
  results->push_back(written);
}

Task<std::size_t> count_bytes(ByteStream* stream) {
  std::size_t total = 0;
  while (true) {
    const auto filled = co_await stream->fill(Ctx::background());
    total += stream->pending().size();
    stream->consume(stream->pending().size());
    if (!filled || *filled == Fill::kEnd) co_return total;
  }
}

// Waits until the reader's buffer is full, so that the writer is held up by it.
Task<void> wait_until_full(ByteStream* stream) {
  while (true) {
    const auto filled = co_await stream->fill(Ctx::background());
    if (filled) continue;
    EXPECT_EQ(filled.error().code, Code::kResourceExhausted);
    co_return;
  }
}

Task<void> hold_up_writer(UvLoop* loop, Pair* pair) {
  std::vector<Status> results;
  TaskGroup group(*loop, "writer");
  group.spawn(note_write(pair->client.get(), group.ctx(), std::string(kFlood, 'x'), &results));
  co_await wait_until_full(pair->server.get());
  EXPECT_EQ(pair->server->pending().size(), BufferPool::kSmall);
  for (int i = 0; i < 100; ++i) co_await next_turn(loop);
  EXPECT_TRUE(results.empty());  // nobody reads: the writer waits
  pair->server->expect_bulk();
  std::size_t total = 0;
  while (total < kFlood) {
    const std::size_t piece = pair->server->pending().size();
    total += piece;
    pair->server->consume(piece);
    if (total == kFlood) break;
    const auto filled = co_await pair->server->fill(Ctx::background());
    EXPECT_TRUE(filled);
  }
  co_await group.wait();
  EXPECT_TRUE(results.at(0));
}

TEST_P(SocketTest, AReaderThatDoesNotReadHoldsUpTheWriter) {
  Pair pair = make_pair();
  run(loop_, hold_up_writer(&loop_, &pair));
}

Task<void> cancel_writer(UvLoop* loop, Pair* pair) {
  std::vector<Status> results;
  TaskGroup group(*loop, "writer");
  group.spawn(note_write(pair->client.get(), group.ctx(), std::string(kFlood, 'x'), &results));
  co_await wait_until_full(pair->server.get());
  group.cancel();
  group.cancel();
  EXPECT_TRUE(results.empty());
  co_await group.wait();
  EXPECT_EQ(results.at(0).error().code, Code::kCancelled);
  EXPECT_TRUE(pair->client->ended());  // half a message cannot be taken back
  const std::size_t received = co_await count_bytes(pair->server.get());
  EXPECT_LT(received, kFlood);
}

TEST_P(SocketTest, ACancelledWriteClosesTheStream) {
  Pair pair = make_pair();
  run(loop_, cancel_writer(&loop_, &pair));
}

Task<void> peer_goes_under_writer(UvLoop* loop, Pair* pair) {
  std::vector<Status> results;
  TaskGroup group(*loop, "writer");
  group.spawn(note_write(pair->client.get(), group.ctx(), std::string(kFlood, 'x'), &results));
  co_await wait_until_full(pair->server.get());
  pair->server.reset();  // unread bytes: the peer gets a reset
  co_await group.wait();
  EXPECT_EQ(results.at(0).error().code, Code::kUnavailable) << results.at(0).error().message;
  const auto filled = co_await pair->client->fill(Ctx::background());
  EXPECT_FALSE(filled);
  EXPECT_EQ(filled.error().code, Code::kUnavailable) << filled.error().message;
}

TEST_P(SocketTest, AResetUnderAWriterIsUnavailable) {
  Pair pair = make_pair();
  run(loop_, peer_goes_under_writer(&loop_, &pair));
}

Task<void> full_buffer(UvLoop* loop, Pair* pair) {
  const Ctx ctx = Ctx::background();
  TaskGroup group(*loop, "writer");
  std::vector<Status> results;
  const std::size_t size = 3 * BufferPool::kSmall;
  group.spawn(note_write(pair->client.get(), group.ctx(), std::string(size, 'y'), &results));
  co_await wait_until_full(pair->server.get());
  pair->server->reserve(size);
  const auto text = co_await read_exactly(pair->server.get(), ctx, size);
  EXPECT_EQ(*text, std::string(size, 'y'));
  co_await group.wait();
}

TEST_P(SocketTest, AFullBufferGrowsOnRequest) {
  Pair pair = make_pair();
  run(loop_, full_buffer(&loop_, &pair));
}

Task<Status> send_numbers(ByteStream* stream, int count) {
  Status result;
  for (int i = 0; i < count && result; ++i) {
    const auto number = static_cast<std::uint32_t>(i);
    const std::string_view part(reinterpret_cast<const char*>(&number), sizeof number);
    result = co_await stream->write(Ctx::background(), std::span(&part, 1));
  }
  co_return result;
}

Task<void> send_all_numbers(ByteStream* stream, int count) {
  const Status sent = co_await send_numbers(stream, count);
  EXPECT_TRUE(sent);
  const Status ended = co_await stream->shutdown_write(Ctx::background());
  EXPECT_TRUE(ended);
}

Task<int> receive_numbers(ByteStream* stream) {
  std::uint32_t expected = 0;
  while (true) {
    const auto filled = co_await stream->fill(Ctx::background());
    if (!filled || *filled == Fill::kEnd) co_return static_cast<int>(expected);
    while (stream->pending().size() >= sizeof expected) {
      std::uint32_t number = 0;
      std::memcpy(&number, stream->pending().data(), sizeof number);
      EXPECT_EQ(number, expected);
      if (number != expected++) co_return -1;
      stream->consume(sizeof number);
    }
  }
}

Task<int> many_messages(UvLoop* loop, Pair* pair, int count) {
  TaskGroup group(*loop, "sender");
  group.spawn(send_all_numbers(pair->client.get(), count));
  const int received = co_await receive_numbers(pair->server.get());
  co_await group.wait();
  co_return received;
}

TEST_P(SocketTest, AHundredThousandSmallMessagesArriveInOrder) {
  Pair pair = make_pair();
  EXPECT_EQ(run(loop_, many_messages(&loop_, &pair, 100'000)), 100'000);
}

Task<void> accept_many(UvLoop* loop, Listener* listener, Address to, int count) {
  std::vector<std::unique_ptr<Socket>> clients;
  for (int i = 0; i < count; ++i) {
    auto client = co_await connect(*loop, Ctx::background(), to);
    EXPECT_TRUE(client);
    clients.push_back(std::move(*client));
  }
  for (int i = 0; i < count; ++i) {
    const auto server = co_await listener->accept(Ctx::background());
    EXPECT_TRUE(server);
  }
}

TEST_P(SocketTest, ConnectionsQueueUpUntilTheyAreAccepted) {
  auto listener = listen();
  ASSERT_TRUE(listener);
  run(loop_, accept_many(&loop_, listener->get(), address(**listener), 50));
}

Task<void> note_accept(Listener* listener, Ctx ctx, std::vector<Code>* codes) {
  const auto accepted = co_await listener->accept(ctx);
  codes->push_back(accepted ? Code::kUnknown : accepted.error().code);
}

Task<void> stop_accepting(UvLoop* loop, Listener* listener, std::vector<Code>* codes) {
  TaskGroup group(*loop, "accept");
  CancelScope scope;
  group.spawn(note_accept(listener, scope.ctx(), codes));
  co_await next_turn(loop);
  scope.cancel();
  co_await group.wait();
  group.spawn(note_accept(listener, Ctx::background(), codes));
  co_await next_turn(loop);
  listener->stop();
  co_await group.wait();
  group.spawn(note_accept(listener, Ctx::background(), codes));
  co_await group.wait();
}

TEST_P(SocketTest, AcceptIsCancelledAndStopped) {
  auto listener = listen();
  ASSERT_TRUE(listener);
  const Address to = address(**listener);
  std::vector<Code> codes;
  run(loop_, stop_accepting(&loop_, listener->get(), &codes));
  EXPECT_EQ(codes, std::vector<Code>(3, Code::kCancelled));
  const auto refused = run(loop_, connect(loop_, Ctx::background(), to));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
}

TEST_P(SocketTest, ConnectUnderACancelledContextDoesNothing) {
  auto listener = listen();
  ASSERT_TRUE(listener);
  CancelScope scope;
  scope.cancel();
  const auto result = run(loop_, connect(loop_, scope.ctx(), address(**listener)));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kCancelled);
}

Task<void> note_connect(UvLoop* loop, Ctx ctx, Address to, std::vector<Code>* codes) {
  const auto connected = co_await connect(*loop, ctx, to);
  codes->push_back(connected ? Code::kUnknown : connected.error().code);
}

Task<void> cancel_connects(UvLoop* loop, Address to, std::vector<Code>* codes) {
  TaskGroup group(*loop, "connect");
  CancelScope scope;
  for (int i = 0; i < 20; ++i) group.spawn(note_connect(loop, scope.ctx(), to, codes));
  scope.cancel();
  scope.cancel();
  EXPECT_TRUE(codes->empty());
  co_await group.wait();
}

TEST_P(SocketTest, APendingConnectIsCancelled) {
  auto listener = listen();
  ASSERT_TRUE(listener);
  std::vector<Code> codes;
  run(loop_, cancel_connects(&loop_, address(**listener), &codes));
  EXPECT_EQ(codes, std::vector<Code>(20, Code::kCancelled));
}

}  // namespace
}  // namespace edge
