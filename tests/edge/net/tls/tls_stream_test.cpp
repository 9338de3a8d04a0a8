#include "edge/net/tls/tls_stream.h"

#include <functional>

#include <gtest/gtest.h>

#include "edge/loop/sync.h"
#include "tests/edge/net/tls/fixture.h"

namespace edge::tls {
namespace {

using std::chrono::milliseconds;
using test::Pair;
using test::read_exactly;
using test::read_to_end;
using test::write_text;

constexpr std::size_t kBig = std::size_t{5} * 1024 * 1024;

// Bytes of which any shift or loss shows.
std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 12345;
  for (auto& byte : text) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24U);
  }
  return text;
}

class TlsStreamTest : public test::TlsTest {};

Task<void> exchange(Pair* pair) {
  const Ctx ctx = Ctx::background();
  const std::string_view parts[] = {"hello ", "", "wor", "ld"};
  const Status sent = co_await (*pair->client)->write(ctx, parts);
  EXPECT_TRUE(sent);
  const auto request = co_await read_exactly(pair->server->get(), ctx, 11);
  EXPECT_EQ(*request, "hello world");
  const Status replied = co_await write_text(pair->server->get(), ctx, "hi");
  EXPECT_TRUE(replied);
  const auto answer = co_await read_exactly(pair->client->get(), ctx, 2);
  EXPECT_EQ(*answer, "hi");
}

TEST_F(TlsStreamTest, CarriesBytesBothWays) {
  Pair pair = connect_pair();
  run(loop_, exchange(&pair));
  EXPECT_FALSE((*pair.client)->ended());
}

Task<void> send_and_end(ByteStream* stream, std::string text) {
  const Status sent = co_await write_text(stream, Ctx::background(), std::move(text));
  EXPECT_TRUE(sent);
  const Status ended = co_await stream->shutdown_write(Ctx::background());
  EXPECT_TRUE(ended);
}

Task<void> receive_all(ByteStream* stream, std::string* out) {
  const auto text = co_await read_to_end(stream, Ctx::background());
  EXPECT_TRUE(text);
  if (text) *out = *text;
}

Task<void> big_both_ways(UvLoop* loop, Pair* pair, std::string text) {
  std::string at_client;
  std::string at_server;
  TaskGroup group(*loop, "transfers");
  group.spawn(send_and_end(pair->client->get(), text));
  group.spawn(send_and_end(pair->server->get(), text));
  group.spawn(receive_all(pair->client->get(), &at_client));
  group.spawn(receive_all(pair->server->get(), &at_server));
  co_await group.wait();
  EXPECT_TRUE(at_client == text);
  EXPECT_TRUE(at_server == text);
}

TEST_F(TlsStreamTest, FiveMegabytesBothWaysAtOnce) {
  Pair pair = connect_pair();
  run(loop_, big_both_ways(&loop_, &pair, pattern(kBig)));
}

Task<void> parts_of_all_sizes(UvLoop* loop, Pair* pair) {
  const std::string text = pattern(100'000);
  const std::string_view all = text;
  const std::string_view parts[] = {all.substr(0, 1),      all.substr(1, 16'383),
                                    all.substr(16'384, 1), all.substr(16'385, 40'000),
                                    all.substr(56'385, 0), all.substr(56'385, 7),
                                    all.substr(56'392)};
  std::string received;
  TaskGroup group(*loop, "reader");
  group.spawn(receive_all(pair->server->get(), &received));
  const Status sent = co_await (*pair->client)->write(Ctx::background(), parts);
  EXPECT_TRUE(sent);
  const Status ended = co_await (*pair->client)->shutdown_write(Ctx::background());
  EXPECT_TRUE(ended);
  co_await group.wait();
  EXPECT_TRUE(received == text);
}

TEST_F(TlsStreamTest, PartsOfAllSizes) {
  Pair pair = connect_pair();
  run(loop_, parts_of_all_sizes(&loop_, &pair));
}

Task<void> note_write(ByteStream* stream, Ctx ctx, std::string text, std::vector<Status>* results) {
  const Status written = co_await write_text(stream, ctx, std::move(text));
  results->push_back(written);
}

Task<void> wait_until_full(ByteStream* stream) {
  while (true) {
    const auto filled = co_await stream->fill(Ctx::background());
    if (filled) continue;
    EXPECT_EQ(filled.error().code, Code::kResourceExhausted);
    co_return;
  }
}

Task<void> hold_up_writer(UvLoop* loop, Pair* pair, std::string text) {
  std::vector<Status> results;
  TaskGroup group(*loop, "writer");
  group.spawn(note_write(pair->client->get(), group.ctx(), text, &results));
  co_await wait_until_full(pair->server->get());
  EXPECT_EQ((*pair->server)->pending().size(), BufferPool::kSmall);
  EXPECT_TRUE(results.empty());  // nobody reads: the writer waits
  const auto received = co_await read_exactly(pair->server->get(), Ctx::background(), text.size());
  EXPECT_TRUE(*received == text);
  co_await group.wait();
  EXPECT_TRUE(results.at(0));
}

TEST_F(TlsStreamTest, AReaderThatDoesNotReadHoldsUpTheWriter) {
  Pair pair = connect_pair();
  run(loop_, hold_up_writer(&loop_, &pair, pattern(4 * kBig)));
}

Task<void> cancel_writer(UvLoop* loop, Pair* pair) {
  std::vector<Status> results;
  TaskGroup group(*loop, "writer");
  group.spawn(note_write(pair->client->get(), group.ctx(), pattern(4 * kBig), &results));
  co_await wait_until_full(pair->server->get());
  group.cancel();
  co_await group.wait();
  EXPECT_EQ(results.at(0).error().code, Code::kCancelled);
  EXPECT_TRUE((*pair->client)->ended());
  const Status again = co_await write_text(pair->client->get(), Ctx::background(), "x");
  EXPECT_EQ(again.error().code, Code::kCancelled);
  // What the peer reads ends in the middle of a record: that is no clean end.
  const auto rest = co_await read_to_end(pair->server->get(), Ctx::background());
  EXPECT_FALSE(rest && rest->size() >= 4 * kBig);
}

TEST_F(TlsStreamTest, ACancelledWriteClosesTheStream) {
  Pair pair = connect_pair();
  run(loop_, cancel_writer(&loop_, &pair));
}

Task<void> half_close(Pair* pair) {
  const Ctx ctx = Ctx::background();
  co_await send_and_end(pair->client->get(), "question");
  const auto question = co_await read_to_end(pair->server->get(), ctx);
  EXPECT_EQ(*question, "question");
  EXPECT_TRUE((*pair->server)->ended());
  const Status answered = co_await write_text(pair->server->get(), ctx, "answer");
  EXPECT_TRUE(answered);
  pair->server->reset();
  const auto answer = co_await read_to_end(pair->client->get(), ctx);
  EXPECT_EQ(*answer, "answer");
}

TEST_F(TlsStreamTest, HalfCloseLeavesTheOtherDirectionOpen) {
  Pair pair = connect_pair();
  run(loop_, half_close(&pair));
}

Task<void> cancelled_fill(UvLoop* loop, Pair* pair) {
  DeadlineScope limit(*loop, Ctx::background(), milliseconds(3));
  const auto filled = co_await (*pair->server)->fill(limit.ctx());
  EXPECT_EQ(filled.error().code, Code::kDeadlineExceeded);
  co_await exchange(pair);
}

TEST_F(TlsStreamTest, ACancelledReadLosesNothing) {
  Pair pair = connect_pair();
  run(loop_, cancelled_fill(&loop_, &pair));
}

struct NotedEnd final : EndObserver {
  explicit NotedEnd(Loop& loop) : ended(loop) {}
  void stream_ended() noexcept override { ended.set(); }
  Event ended;
};

Task<void> observe_end(UvLoop* loop, Pair* pair) {
  NotedEnd note(*loop);
  (*pair->server)->on_ended(&note);
  pair->client->reset();
  DeadlineScope limit(*loop, Ctx::background(), edge::test::kLimit);
  const Status seen = co_await note.ended.wait(limit.ctx());
  EXPECT_TRUE(seen);
  EXPECT_TRUE((*pair->server)->ended());
}

TEST_F(TlsStreamTest, AHangUpIsNoticedWhileNobodyReads) {
  Pair pair = connect_pair();
  run(loop_, observe_end(&loop_, &pair));
}

Task<void> fill_and_note(ByteStream* stream, std::vector<Result<Fill>>* results) {
  const auto filled = co_await stream->fill(Ctx::background());
  results->push_back(filled);
}

Task<void> close_under_reader(UvLoop* loop, Pair* pair) {
  std::vector<Result<Fill>> results;
  TaskGroup group(*loop, "reader");
  group.spawn(fill_and_note(pair->server->get(), &results));
  (*pair->server)->close();
  co_await group.wait();
  EXPECT_EQ(results.at(0).error().code, Code::kCancelled);
}

TEST_F(TlsStreamTest, CloseEndsAPendingRead) {
  Pair pair = connect_pair();
  run(loop_, close_under_reader(&loop_, &pair));
}

// A relay between the two ends that may change what the server sends.
using Change = std::function<std::string(std::string)>;

Task<void> relay(ByteStream* from, ByteStream* to, Change change) {
  while (true) {
    const auto filled = co_await from->fill(Ctx::background());
    if (!filled || *filled == Fill::kEnd) break;
    std::string bytes = change(std::string(from->pending()));
    from->consume(from->pending().size());
    const Status sent = co_await write_text(to, Ctx::background(), std::move(bytes));
    if (!sent) break;
  }
  [[maybe_unused]] const Status ended = co_await to->shutdown_write(Ctx::background());
}

struct Relayed {
  Listener* server_side;
  std::shared_ptr<const ServerContext> server;
  std::shared_ptr<const ClientContext> client;
  Change change;
};

Task<void> relay_one(UvLoop* loop, Listener* listener, Relayed* setup) {
  auto front = co_await listener->accept(Ctx::background());
  const Address target{"127.0.0.1", setup->server_side->port(), ""};
  auto back = co_await edge::connect(*loop, Ctx::background(), target);
  TaskGroup group(*loop, "relay");
  group.spawn(relay(front->get(), back->get(), [](std::string bytes) { return bytes; }));
  group.spawn(relay(back->get(), front->get(), setup->change));
  co_await group.wait();
}

// Sends "first" and "second" to the client, and gives what the client read in the end.
Task<Result<std::string>> read_through_relay(UvLoop* loop, Relayed* setup) {
  auto front = Listener::tcp(*loop, "127.0.0.1", 0);
  TaskGroup group(*loop, "relay");
  group.spawn(relay_one(loop, front->get(), setup));
  Pair pair;
  TaskGroup accepting(*loop, "accept");
  accepting.spawn(
      test::accept_into(loop, group.ctx(), setup->server_side, setup->server, &pair.server));
  const Address dial{"127.0.0.1", (*front)->port(), ""};
  pair.client = co_await test::dial_and_connect(loop, group.ctx(), dial, setup->client, dial);
  EXPECT_TRUE(pair.client);
  const auto first = co_await write_text(pair.client->get(), Ctx::background(), "go");
  EXPECT_TRUE(first);
  co_await accepting.wait();
  EXPECT_TRUE(pair.server);
  const auto request = co_await read_exactly(pair.server->get(), Ctx::background(), 2);
  EXPECT_TRUE(request);
  co_await send_and_end(pair.server->get(), "the answer");
  auto text = co_await read_to_end(pair.client->get(), Ctx::background());
  pair.client = Error{Code::kUnknown, "dropped"};
  pair.server = Error{Code::kUnknown, "dropped"};
  co_await group.wait();
  co_return text;
}

// Application data records begin with 0x17, the alert that closes with 0x15.
constexpr char kData = '\x17';

std::string damage(std::string bytes) {
  if (bytes.front() == kData) bytes[12] = static_cast<char>(bytes[12] ^ 1);
  return bytes;
}

std::string cut_in_the_record(std::string bytes) {
  return bytes.front() == kData ? bytes.substr(0, 9) : bytes;
}

std::size_t record_size(const std::string& bytes) {
  const auto high = static_cast<unsigned char>(bytes[3]);
  const auto low = static_cast<unsigned char>(bytes[4]);
  return 5U + high * 256U + low;
}

std::string cut_after_the_record(std::string bytes) {
  if (bytes.front() == kData) return bytes.substr(0, record_size(bytes));
  return bytes.front() == '\x15' ? "" : bytes;
}

std::string unchanged(std::string bytes) {
  return bytes;
}

class RelayTest : public TlsStreamTest {
 protected:
  Result<std::string> read_with(Change change) {
    Relayed setup{listener_.get(), server_context({}), client_context({}), std::move(change)};
    return run(loop_, read_through_relay(&loop_, &setup));
  }
};

TEST_F(RelayTest, WhatIsNotTouchedArrives) {
  EXPECT_EQ(*read_with(unchanged), "the answer");
}

TEST_F(RelayTest, ADamagedRecordIsNoticed) {
  const auto text = read_with(damage);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, Code::kUnavailable);
  EXPECT_EQ(text.error().message, "tls: a record was damaged");
}

TEST_F(RelayTest, AnEndInTheMiddleOfARecordIsNoEnd) {
  const auto text = read_with(cut_in_the_record);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, Code::kUnavailable);
  EXPECT_EQ(text.error().message, "tls: the peer closed the connection");
}

TEST_F(RelayTest, AnEndBetweenRecordsIsAnEnd) {
  const auto text = read_with(cut_after_the_record);
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*text, "the answer");
}

Task<void> tls_in_tls(UvLoop* loop, Pair* outer, Pair* inner,
                      std::shared_ptr<const ServerContext> server,
                      std::shared_ptr<const ClientContext> client) {
  struct Serve {
    static Task<void> run(UvLoop* on, std::unique_ptr<ByteStream> stream,
                          std::shared_ptr<const ServerContext> context, test::ClientResult* out) {
      *out = co_await accept(*on, Ctx::background(), context, std::move(stream));
    }
  };
  TaskGroup group(*loop, "server");
  group.spawn(Serve::run(loop, std::move(*outer->server), server, &inner->server));
  inner->client = co_await connect(*loop, Ctx::background(), client, std::move(*outer->client),
                                   Address{"localhost", 1, ""});
  co_await group.wait();
  EXPECT_TRUE(inner->client);
  EXPECT_TRUE(inner->server);
}

TEST_F(TlsStreamTest, RunsOverAnyByteStream) {
  Pair outer = connect_pair();
  Pair inner;
  run(loop_, tls_in_tls(&loop_, &outer, &inner, server_context({}), client_context({})));
  run(loop_, big_both_ways(&loop_, &inner, pattern(kBig / 5)));
}

}  // namespace
}  // namespace edge::tls
