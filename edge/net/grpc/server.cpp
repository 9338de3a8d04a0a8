#include "edge/net/grpc/server.h"

#include "edge/base/log.h"
#include "edge/net/grpc/metadata.h"
#include "edge/net/grpc/status.h"
#include "edge/net/grpc/timeout.h"

namespace edge::grpc {
namespace {

constexpr std::string_view kContentType = "application/grpc";
constexpr std::size_t kCopied = std::size_t{16} * 1024;  // bytes of a message, at the most

bool is_grpc(const http2::Head& head) {
  const auto type = head.headers.find("content-type").value_or("");
  if (head.method != "POST" || !type.starts_with(kContentType)) return false;
  return type.size() == kContentType.size() || type[kContentType.size()] == '+' ||
         type[kContentType.size()] == ';';
}

HeaderList answer_fields() {
  HeaderList fields;
  fields.add("content-type", kContentType);
  fields.add("grpc-accept-encoding", kAcceptedEncodings);
  return fields;
}

Outcome failed(Code code, std::string message) {
  return {Error{code, std::move(message)}, "", {}};
}

// Sends the prefix of a large message, which is not copied, or nothing yet of a `small` one.
// Gives what is left to be sent.
Task<Result<std::string_view>> begin_message(Ctx ctx, http2::Stream* stream,
                                             std::string_view message, std::string* small) {
  if (message.size() <= kCopied) {
    *small = framed(message);
    co_return std::string_view(*small);
  }
  const std::string prefix = prefix_of(message);
  auto sent = co_await stream->write(ctx, prefix);
  if (!sent) co_return sent.error();
  co_return message;
}

Task<Status> send_last(Ctx ctx, http2::Stream* stream, const Outcome* outcome,
                       const HeaderList* trailers) {
  if (!outcome->status || !outcome->message) co_return co_await stream->end(ctx, "", trailers);
  std::string small;
  auto rest = co_await begin_message(ctx, stream, *outcome->message, &small);
  if (!rest) co_return rest.error();
  co_return co_await stream->end(ctx, *rest, trailers);
}

}  // namespace

void ServerCall::add_metadata(std::string name, std::string value) {
  if (!may_be_metadata(name, value)) return;
  metadata_.emplace_back(std::move(name), std::move(value));
}

void ServerCall::add_trailer(std::string name, std::string value) {
  if (!may_be_metadata(name, value)) return;
  trailers_.emplace_back(std::move(name), std::move(value));
}

Status ServerCall::answer() {
  HeaderList fields = answer_fields();
  for (const auto& [name, value] : metadata_) fields.add(name, value);
  return stream_.answer(200, fields, http2::Follows::kBody);
}

Status ServerCall::check_size(std::string_view message) const {
  if (message.size() <= limits_.message_bytes) return {};
  return Error{Code::kResourceExhausted, "trying to send message larger than max (" +
                                             std::to_string(message.size()) + " vs. " +
                                             std::to_string(limits_.message_bytes) + ")"};
}

Task<Status> ServerCall::write(Ctx ctx, std::string_view message) {
  if (auto fits = check_size(message); !fits) co_return fits;
  if (!stream_.answered()) {
    if (auto begun = answer(); !begun) co_return begun;
  }
  std::string small;
  auto rest = co_await begin_message(ctx, &stream_, message, &small);
  if (!rest) co_return rest.error();
  co_return co_await stream_.write(ctx, *rest);
}

Task<void> CallServer::handle(Ctx ctx, http2::ServerExchange exchange) {
  http2::Stream& stream = *exchange.stream;
  if (!is_grpc(stream.head())) {
    auto refused = stream.answer(415, {}, http2::Follows::kNothing);
    if (!refused) log::debug("edge.grpc", refused.error().message);
    co_return;
  }
  ServerCall call(stream, *exchange.peer_host, limits_);
  Outcome ended = failed(Code::kInternal, "");
  const auto timeout = stream.head().headers.find("grpc-timeout");
  const auto time = timeout ? parse_timeout(*timeout) : std::nullopt;
  if (timeout && !time) {
    ended = failed(Code::kInternal, "malformed grpc-timeout");
  } else if (time) {
    ended = co_await outcome_in_time(ctx, &call, *time);
  } else {
    ended = co_await outcome(ctx, &call);
  }
  co_await finish(ctx, &call, std::move(ended));
}

Task<Outcome> CallServer::outcome_in_time(Ctx ctx, ServerCall* call, Duration time) {
  DeadlineScope limit(loop_, ctx, time);
  Outcome ended = co_await outcome(limit.ctx(), call);
  if (limit.ctx().cancelled() && !ended.status) {
    co_return failed(limit.ctx().error().code, "context deadline exceeded");
  }
  co_return ended;
}

Task<Outcome> CallServer::outcome(Ctx ctx, ServerCall* call) {
  std::string failure;
  try {
    co_return co_await handler_.handle(ctx, call);
  } catch (const std::exception& thrown) {
    failure = thrown.what();
  } catch (...) {
    failure = "the handler threw something that is no exception";
  }
  log::error("edge.grpc", "call failed",
             {{"method", std::string(call->path())}, {"error", failure}});
  co_return failed(Code::kInternal, "internal error");
}

Task<void> CallServer::finish(Ctx ctx, ServerCall* call, Outcome outcome) {
  if (outcome.sent) co_return;
  if (outcome.status && outcome.message) {
    if (auto fits = call->check_size(*outcome.message); !fits) outcome = {fits, "", {}};
  }
  http2::Stream& stream = call->stream_;
  Trailers trailers(outcome.status, outcome.details);
  for (const auto& [name, value] : call->trailers_) trailers.add(name, value);
  Status sent;
  const bool has_message = outcome.status && outcome.message.has_value();
  // Metadata that came with trailers alone would be taken for trailers.
  const bool has_head = has_message || !call->metadata_.empty();
  if (has_head && !stream.answered()) sent = call->answer();
  if (sent && stream.answered()) {
    sent = co_await send_last(ctx, &stream, &outcome, &trailers.list());
  } else if (sent) {
    HeaderList fields = answer_fields();
    for (const Header& field : trailers.list()) fields.add(field.name, field.value);
    sent = stream.answer(200, fields, http2::Follows::kNothing);
  }
  if (!sent) log::debug("edge.grpc", "the client is gone", {{"error", sent.error().message}});
}

}  // namespace edge::grpc
