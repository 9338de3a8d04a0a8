#include "edge/loop/byte_source.h"

namespace edge {

Task<Result<std::string>> read_all(Ctx ctx, ByteSource* source, std::uint64_t limit) {
  const Error too_large{Code::kResourceExhausted, "stream too large"};
  const auto length = source->length();
  if (length && *length > limit) co_return too_large;
  std::string body;
  body.reserve(length ? *length : 0);
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
