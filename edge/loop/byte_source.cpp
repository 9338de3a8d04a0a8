#include "edge/loop/byte_source.h"

#include <algorithm>

namespace edge {
namespace {

// What a peer announces is set aside up to here; more only as it comes.
constexpr std::uint64_t kMostReserved = 4 << 20;

}  // namespace

Task<Result<std::string>> read_all(Ctx ctx, ByteSource* source, std::uint64_t limit) {
  const Error too_large{Code::kResourceExhausted, "stream too large"};
  const auto length = source->length();
  if (length && *length > limit) co_return too_large;
  std::string body;
  body.reserve(static_cast<std::size_t>(std::min(length.value_or(0), kMostReserved)));
  body.append(source->take_ready());
  while (!source->finished()) {
    auto piece = co_await source->read(ctx);
    if (!piece) co_return piece.error();
    if (piece->empty()) break;
    if (body.size() + piece->size() > limit) co_return too_large;
    body.append(*piece);
  }
  if (body.size() > limit) co_return too_large;
  co_return body;
}

}  // namespace edge
