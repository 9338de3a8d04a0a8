// How many bytes of messages all calls of a hub hold together, while they come and while they are
// handled.
//
// Everything runs on the loop.
#pragma once

#include <cstddef>

#include "edge/base/result.h"

namespace edge::grpc {

class MessageBudget {
 public:
  // Small messages count for nothing: what keeps a hub going is never refused.
  static constexpr std::size_t kSmall = std::size_t{16} * 1024;

  explicit MessageBudget(std::size_t most) noexcept : left_(most) {}

  // What one call holds, for as long as it is there. Without a budget it holds anything.
  class Hold {
   public:
    explicit Hold(MessageBudget* budget) noexcept : budget_(budget) {}
    ~Hold() {
      if (budget_ != nullptr) budget_->left_ += held_;
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

    // From now on `bytes`. Errors: kResourceExhausted (nothing has changed then).
    Status resize(std::size_t bytes) {
      if (budget_ == nullptr) return {};
      const std::size_t wanted = bytes <= kSmall ? 0 : bytes;
      if (wanted > held_ && wanted - held_ > budget_->left_) {
        return Error{Code::kResourceExhausted,
                     "the hub holds as many bytes of requests as it may; try again later"};
      }
      budget_->left_ = budget_->left_ + held_ - wanted;
      held_ = wanted;
      return {};
    }

   private:
    MessageBudget* budget_;
    std::size_t held_ = 0;
  };

  [[nodiscard]] std::size_t left() const noexcept { return left_; }

 private:
  std::size_t left_;
};

}  // namespace edge::grpc
