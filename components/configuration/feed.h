// Feed: keeps a replica as its source is.
//
// It starts once and is closed before what it uses goes away. Loop thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "components/replica/step.h"
#include "edge/loop/ctx.h"
#include "edge/loop/task.h"

namespace edge::configuration {

// What of the source is not taken over, and was not given to the replica.
struct Refusal {
  std::string reason;       // "": nothing is refused now
  std::uint64_t count = 0;  // since the start
};

class Feed {
 public:
  // Called after each step that the replica has taken.
  using OnStep = std::function<void(const replica::Step&)>;

  virtual ~Feed() = default;
  virtual void start() = 0;
  virtual Task<void> close() = 0;
  // Reads the source again now, and waits for it. Errors: why it could not be read; those of
  // `ctx`.
  virtual Task<Status> refresh(Ctx ctx) = 0;

  // Whether the replica is as its source is, as far as can be known.
  [[nodiscard]] virtual bool is_live() const noexcept = 0;
  // Why not; "" before the first attempt has ended.
  [[nodiscard]] virtual const std::string& last_error() const noexcept = 0;
  [[nodiscard]] virtual Refusal refusal() const { return {}; }
};

}  // namespace edge::configuration
