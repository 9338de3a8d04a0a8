// One end of an HTTP/1 connection for tests: it says what a test wants on the wire, and reads
// messages on its own, so that both ends cannot share a mistake.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "edge/loop/socket.h"
#include "tests/support/timing.h"

namespace edge::http1::test {

struct Answer {
  int status = 0;
  std::string head;  // with its status line
  std::string body;  // decoded
  [[nodiscard]] bool says(const std::string& line) const {
    return head.contains("\r\n" + line + "\r\n");
  }
};

enum class Asked { kHead, kOther };

// Its waits throw after kLimit, and where the connection ends too early.
class Wire {
 public:
  // A client, before open().
  Wire(UvLoop& loop, Address address) : loop_(loop), address_(std::move(address)) {}
  // The server's end of a connection.
  Wire(UvLoop& loop, std::unique_ptr<Socket> socket) : loop_(loop), socket_(std::move(socket)) {}

  Task<void> open() {
    DeadlineScope limit(loop_, Ctx::background(), edge::test::kLimit);
    auto socket = co_await connect(loop_, limit.ctx(), address_);
    if (!socket) throw std::runtime_error(socket.error().message);
    socket_ = std::move(*socket);
  }

  Task<Status> send(std::string text) {
    DeadlineScope limit(loop_, Ctx::background(), edge::test::kLimit);
    const std::string_view part = text;
    co_return co_await socket_->write(limit.ctx(), std::span(&part, 1));
  }

  // Ends our side; answers are still read.
  Task<void> end() {
    auto ended = co_await socket_->shutdown_write(Ctx::background());
    if (!ended) throw std::runtime_error(ended.error().message);
  }
  // Hangs up.
  void drop() { socket_.reset(); }

  Task<Answer> answer(Asked asked = Asked::kOther) {
    Answer answer;
    answer.head = co_await through("\r\n\r\n");
    answer.status = std::stoi(answer.head.substr(9, 3));
    if (asked == Asked::kHead || answer.status < 200 || answer.status == 204 ||
        answer.status == 304) {
      co_return answer;
    }
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    const std::size_t length = answer.head.find(kLength);
    if (answer.head.contains("\r\nTransfer-Encoding: chunked\r\n")) {
      answer.body = co_await chunks();
    } else if (length != std::string::npos) {
      answer.body = co_await exactly(std::stoull(answer.head.substr(length + kLength.size())));
    } else {
      answer.body = co_await rest();
    }
    co_return answer;
  }

  // Everything up to the end of the stream; ends with "[reset]" where it was reset.
  Task<std::string> rest() {
    std::string text;
    while (true) {
      DeadlineScope limit(loop_, Ctx::background(), edge::test::kLimit);
      text += socket_->pending();
      socket_->consume(socket_->pending().size());
      auto filled = co_await socket_->fill(limit.ctx());
      if (!filled && filled.error().code != Code::kUnavailable) throw late();
      if (!filled) co_return text + "[reset]";
      if (*filled == Fill::kEnd) co_return text;
    }
  }

  Task<std::string> exactly(std::size_t size) {
    std::string text;
    while (text.size() < size) {
      if (socket_->pending().empty()) co_await more();
      const auto piece = socket_->pending().substr(0, size - text.size());
      text += piece;
      socket_->consume(piece.size());
    }
    co_return text;
  }

  // Up to and with `end`, which comes within one buffer.
  Task<std::string> through(std::string end) {
    while (!socket_->pending().contains(end)) co_await more();
    const std::size_t size = socket_->pending().find(end) + end.size();
    co_return co_await exactly(size);
  }

 private:
  static std::runtime_error late() { return std::runtime_error("the answer did not come in time"); }

  Task<void> more() {
    DeadlineScope limit(loop_, Ctx::background(), edge::test::kLimit);
    auto filled = co_await socket_->fill(limit.ctx());
    if (!filled) throw std::runtime_error(filled.error().message);
    if (*filled == Fill::kEnd) throw std::runtime_error("the connection ended");
  }

  Task<std::string> chunks() {
    std::string body;
    while (true) {
      const std::string line = co_await through("\r\n");
      const std::size_t size = std::stoull(line, nullptr, 16);
      const std::string chunk = co_await exactly(size + 2);
      if (size == 0) co_return body;
      body.append(chunk, 0, size);
    }
  }

  UvLoop& loop_;
  Address address_;
  std::unique_ptr<Socket> socket_;
};

}  // namespace edge::http1::test
