#include "sync/core/suspects.h"

namespace edge::sync {

void Suspects::acked(const Token& token) {
  on_the_way_.erase(token);
  ends_.erase(token);
  if (doubts_ > 0 && ++calm_ >= kCalm) doubts_ = calm_ = 0;
}

void Suspects::doubt() {
  calm_ = 0;
  if (!on_the_way_.empty()) ++doubts_;
}

std::optional<Token> Suspects::cut() {
  calm_ = 0;
  if (on_the_way_.size() > 1) ++doubts_;
  if (on_the_way_.size() != 1) return std::nullopt;
  const Token only = *on_the_way_.begin();
  if (++ends_[only] < kMostEnds) return std::nullopt;
  ends_.erase(only);
  return only;
}

}  // namespace edge::sync
