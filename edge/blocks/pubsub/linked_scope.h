// A scope that ends with either of two others.
#pragma once

#include "edge/loop/ctx.h"

namespace edge::blocks {

class LinkedScope final : public CancelHook {
 public:
  // Ended by `one` or by `other`, whichever ends first; they outlive it.
  LinkedScope(Ctx one, Ctx other) : scope_(one) {
    if (other.cancelled()) {
      scope_.cancel(other.error().code);
    } else {
      other.link(*this);
    }
  }
  [[nodiscard]] Ctx ctx() noexcept { return scope_.ctx(); }

 private:
  void fired(Code reason) noexcept override { scope_.cancel(reason); }
  CancelScope scope_;
};

}  // namespace edge::blocks
