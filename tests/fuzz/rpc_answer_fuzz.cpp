// Any bytes as what an app answers by gRPC: the body of its stream, and how it ends.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "edge/api/grpc/callback_answer.h"
#include "edge/api/grpc/invoke_reply.h"
#include "edge/loop/sim_loop.h"
#include "edge/net/grpc/client.h"
#include "edge/net/grpc/status.h"

namespace edge::api {
namespace {

constexpr std::size_t kLimit = 4096;

// Gives a text in pieces of one size.
class Pieces final : public ByteSource {
 public:
  Pieces(std::string_view text, std::size_t size) : text_(text), size_(size) {}
  [[nodiscard]] std::optional<std::uint64_t> length() const noexcept override { return {}; }
  std::string_view take_ready() override { return {}; }
  [[nodiscard]] bool finished() const noexcept override { return text_.empty(); }
  Task<Result<std::string_view>> read(Ctx) override {
    const auto piece = text_.substr(0, size_);
    text_.remove_prefix(piece.size());
    co_return piece;
  }

 private:
  std::string_view text_;
  std::size_t size_;
};

// As messages that may be compressed; none is longer than the limit.
Task<void> read_compressed(Pieces* body) {
  HeaderList fields;
  fields.add("grpc-encoding", "gzip");
  grpc::MessageReader messages(*body, kLimit, &fields);
  while (true) {
    auto message = co_await messages.next(Ctx::background());
    if (!message || !*message) co_return;
    if ((*message)->size() > kLimit) std::abort();
  }
}

void read_message(const Result<std::string>& answer) {
  if (answer && answer->size() > kLimit) std::abort();
  (void)event_outcome(answer);
  blocks::BulkEventCall call;
  call.entries.resize(2);
  call.entries[0].entry_id = "1";
  call.entries[1].entry_id = "2";
  if (bulk_outcomes(call, answer).size() != call.entries.size()) std::abort();
  if (answer) (void)subscriptions_in(*answer);
}

// The trailers: code, message and details are the three lines of `text`.
void read_trailers(std::string_view text) {
  constexpr std::string_view kNames[] = {"grpc-status", "grpc-message", "grpc-status-details-bin"};
  HeaderList trailers;
  for (const std::string_view name : kNames) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    trailers.add(name, text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  const Status status = grpc::read_status(trailers, 200);
  const std::string details = grpc::read_details(trailers);
  if (!status && status_json(status.error(), details).empty()) std::abort();
}

void read_all(std::string_view bytes) {
  if (bytes.empty()) return;
  const std::size_t size = 1 + static_cast<unsigned char>(bytes.front());
  bytes.remove_prefix(1);
  SimLoop loop(1);
  Pieces body(bytes, size);
  read_message(run(loop, grpc::read_answer(Ctx::background(), &body, kLimit)));
  Pieces compressed(bytes, size);
  run(loop, read_compressed(&compressed));
  read_trailers(bytes);
}

}  // namespace
}  // namespace edge::api

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  edge::api::read_all({reinterpret_cast<const char*>(data), size});
  return 0;
}
