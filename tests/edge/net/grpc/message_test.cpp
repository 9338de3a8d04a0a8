#include "edge/net/grpc/message.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "edge/loop/sim_loop.h"

namespace edge::grpc {
namespace {

// Gives a text in pieces of one size.
class Pieces final : public ByteSource {
 public:
  Pieces(std::string text, std::size_t size) : text_(std::move(text)), size_(size) {}
  [[nodiscard]] std::optional<std::uint64_t> length() const noexcept override { return {}; }
  std::string_view take_ready() override { return {}; }
  [[nodiscard]] bool finished() const noexcept override { return at_ >= text_.size(); }
  Task<Result<std::string_view>> read(Ctx) override {
    const auto piece = std::string_view(text_).substr(at_, size_);
    at_ += piece.size();
    co_return piece;
  }

 private:
  std::string text_;
  std::size_t size_;
  std::size_t at_ = 0;
};

// All messages; the last is "error: ..." where reading failed.
Task<std::vector<std::string>> read_messages(Pieces* body, std::size_t limit,
                                             const HeaderList* fields) {
  MessageReader reader(*body, limit, fields);
  std::vector<std::string> messages;
  while (true) {
    auto next = co_await reader.next(Ctx::background());
    if (!next) messages.push_back("error: " + next.error().message);
    if (!next || !*next) co_return messages;
    messages.emplace_back(**next);
  }
}

std::vector<std::string> read_by(std::size_t size, const std::string& text,
                                 std::size_t limit = 1000, const char* encoding = nullptr) {
  SimLoop loop(1);
  Pieces body(text, size);
  HeaderList fields;
  if (encoding != nullptr) fields.add("grpc-encoding", encoding);
  return run(loop, read_messages(&body, limit, &fields));
}

TEST(GrpcMessageTest, HasAPrefix) {
  EXPECT_EQ(framed("abc"), std::string("\0\0\0\0\3abc", 8));
  EXPECT_EQ(framed(std::string(300, 'x')).substr(0, 5), std::string("\0\0\0\1\x2c", 5));
}

TEST(GrpcMessageTest, IsReadHoweverItIsSplit) {
  const std::vector<std::string> messages = {"one", "", std::string(900, 'm'), "last"};
  std::string text;
  for (const auto& message : messages) text += framed(message);
  for (const std::size_t size : {1, 2, 5, 7, 100, 10'000}) EXPECT_EQ(read_by(size, text), messages);
  EXPECT_TRUE(read_by(1, "").empty());
}

TEST(GrpcMessageTest, IsBounded) {
  const std::string large("\0\xff\xff\xff\xff", 5);
  EXPECT_EQ(read_by(1, large),
            std::vector<std::string>{
                "error: grpc: received message larger than max (4294967295 vs. 1000)"});
  EXPECT_EQ(read_by(1, framed("1234"), 4), std::vector<std::string>{"1234"});
}

TEST(GrpcMessageTest, TellsWhatIsWrong) {
  const std::string cut = framed("whole").substr(0, 8);
  EXPECT_EQ(read_by(3, cut),
            std::vector<std::string>{"error: grpc: the body ended within a message"});
  EXPECT_EQ(read_by(3, std::string("\7\0\0\0\0", 5)),
            std::vector<std::string>{"error: grpc: received unexpected payload format 7"});
}

TEST(GrpcMessageTest, MayBeCompressed) {
  using Messages = std::vector<std::string>;
  const std::string gzip(
      "\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0", 25);
  std::string packed = framed(gzip);
  packed[0] = '\1';
  const std::string text = packed + framed("plain") + packed;
  for (const std::size_t size : {1, 7, 1000}) {
    EXPECT_EQ(read_by(size, text, 100, "gzip"), (Messages{"hello", "plain", "hello"}));
  }
  EXPECT_EQ(read_by(9, packed, 25, "zstd"),
            Messages{"error: grpc: Decompressor is not installed for grpc-encoding \"zstd\"; use "
                     "gzip, or none"});
  const Messages unnamed = {"error: grpc: compressed flag set with identity or empty encoding"};
  EXPECT_EQ(read_by(9, packed, 25), unnamed);
  EXPECT_EQ(read_by(9, packed, 25, "identity"), unnamed);
  EXPECT_EQ(read_by(9, framed("plain"), 25, "zstd"), Messages{"plain"});
}

Task<std::string> read_only_message(Pieces* body) {
  MessageReader reader(*body, 1000);
  auto only = co_await reader.only(Ctx::background());
  co_return only ? std::string(*only) : "error: " + only.error().message;
}

std::string only_of(std::size_t size, const std::string& text) {
  SimLoop loop(1);
  Pieces body(text, size);
  return run(loop, read_only_message(&body));
}

TEST(GrpcMessageTest, IsTheOnlyOne) {
  for (const std::size_t size : {1, 4, 1000}) {
    EXPECT_EQ(only_of(size, framed("whole")), "whole");
    EXPECT_EQ(only_of(size, framed("")), "");
    EXPECT_EQ(only_of(size, ""), "error: grpc: the call has no message");
    EXPECT_EQ(only_of(size, framed("whole").substr(0, 7)),
              "error: grpc: the body ended within a message");
    EXPECT_EQ(only_of(size, framed("one") + framed("two")),
              "error: grpc: more than one message in a call that takes one");
  }
}

}  // namespace
}  // namespace edge::grpc
