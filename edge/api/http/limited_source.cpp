#include "edge/api/http/limited_source.h"

namespace edge::api {

std::string_view LimitedSource::count(std::string_view piece) noexcept {
  passed_ += piece.size();
  exceeded_ = exceeded_ || passed_ > limit_;
  return exceeded_ ? std::string_view() : piece;
}

std::string_view LimitedSource::take_ready() {
  return exceeded_ ? std::string_view() : count(source_.take_ready());
}

Task<Result<std::string_view>> LimitedSource::read(Ctx ctx) {
  const Error too_large{Code::kResourceExhausted, "stream too large"};
  if (exceeded_) co_return too_large;
  auto piece = co_await source_.read(ctx);
  if (!piece) co_return piece.error();
  const auto passed = count(*piece);
  if (exceeded_) co_return too_large;
  co_return passed;
}

}  // namespace edge::api
