// A channel that answers from a script, for tests of what stands above it.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "edge/blocks/invoke/channel.h"

namespace edge::blocks {

class FakeReply final : public Reply {
 public:
  explicit FakeReply(int status) : status_(status) {}
  [[nodiscard]] int status() const noexcept override { return status_; }
  [[nodiscard]] const HeaderList& headers() const noexcept override { return headers_; }
  [[nodiscard]] ByteSource& body() noexcept override { return body_; }
  Async<void> close() override { return {}; }

 private:
  int status_;
  HeaderList headers_;
  TextSource body_{""};
};

// Fails with the scripted errors, one a call, then answers 200.
class FakeChannel final : public Channel {
 public:
  Task<Result<std::unique_ptr<Reply>>> call(Ctx, const Call* call) override {
    paths.push_back(call->path);
    notes.push_back(call->note);
    if (!errors.empty()) {
      const Error error = errors.front();
      errors.pop_front();
      co_return error;
    }
    co_return std::make_unique<FakeReply>(200);
  }

  std::deque<Error> errors;
  std::vector<std::string> paths;
  std::vector<CallerNote> notes;
};

}  // namespace edge::blocks
