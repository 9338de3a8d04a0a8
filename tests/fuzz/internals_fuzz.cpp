// Any bytes as what another hub sends to the internal port: what is taken of it ends no line of an
// app's request, and its body is as long as was announced.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "edge/api/internals/payloads.h"
#include "edge/api/internals/peer_request.h"
#include "edge/api/internals/value_map.h"
#include "edge/loop/sim_loop.h"

namespace edge::api {
namespace {

constexpr std::size_t kMessageLimit = std::size_t{64} * 1024;
constexpr std::uint64_t kBodyLimit = std::uint64_t{1024} * 1024;

void check(bool holds) {
  if (!holds) std::abort();
}

void check_call(const Delivery& delivery) {
  const blocks::Call& call = delivery.call();
  check(call.path.starts_with('/'));
  for (const std::string_view text :
       {std::string_view(call.path), call.query, call.verb, call.caller, call.caller_namespace}) {
    check(fits_line(text));
  }
  check(call.query.find(' ') == std::string_view::npos);
  for (const Header& header : delivery.headers()) {
    check(!header.name.empty() && fits_line(header.name) && fits_line(header.value));
    check(header.name.find_first_of(": ") == std::string_view::npos);
  }
}

Task<void> serve(std::string_view bytes) {
  const Ctx ctx = Ctx::background();
  TextSource wire(bytes);
  grpc::MessageReader messages(wire, kMessageLimit);
  auto first = co_await messages.next(ctx);
  if (!first || !*first) co_return;
  rpc::InternalRequestChunk chunk;
  if (!protobuf::parse(**first, chunk) || !chunk.head) co_return;
  Delivery delivery;
  if (!delivery.read(std::move(*chunk.head))) co_return;
  check_call(delivery);
  PayloadSource body(messages, std::move(chunk.payload));
  body.expect(delivery.length());
  auto looked = co_await body.look(ctx);
  if (!looked) co_return;
  auto whole = co_await read_all(ctx, &body, kBodyLimit);
  if (whole && delivery.length()) check(whole->size() == *delivery.length());
}

}  // namespace
}  // namespace edge::api

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  edge::SimLoop loop;
  edge::run(loop, edge::api::serve({reinterpret_cast<const char*>(data), size}));
  return 0;
}
