#include "edge/net/tls/handshake.h"

#include <optional>
#include <utility>

#include "edge/net/tls/context_impl.h"
#include "edge/net/tls/roots.h"
#include "edge/net/tls/steps.h"

namespace edge::tls {
namespace {

struct Step {
  Engine::Progress progress = Engine::Progress::kFailed;
  std::optional<Error> failure;
};

// Runs on a worker; while it does, nobody else uses the engine.
Step take_step(Engine* engine, std::string_view bytes, Input input,
               const std::function<Status()>& prepare) {
  if (prepare) {
    if (auto prepared = prepare(); !prepared) return {Engine::Progress::kFailed, prepared.error()};
  }
  engine->lend(bytes, input);
  const auto progress = engine->handshake();
  if (progress == Engine::Progress::kFailed) return {progress, engine->failure()};
  return {progress, std::nullopt};
}

// Loads what the client judges by, and offers the session.
Status prepare_client(Engine* engine, const std::string& bundle, Session* session) {
  if (!bundle.empty()) {
    auto roots = load_roots(bundle);
    if (!roots) return roots.error();
    engine->trust(std::move(*roots));
  }
  if (session != nullptr) engine->resume(*session);
  return {};
}

}  // namespace

std::unique_ptr<TlsStream> Handshake::new_stream(UvLoop& loop, std::unique_ptr<ByteStream> inner,
                                                 std::shared_ptr<const void> context) {
  return std::unique_ptr<TlsStream>(new TlsStream(loop, std::move(inner), std::move(context)));
}

Engine& Handshake::engine(TlsStream& stream) noexcept {
  return *stream.engine_;
}

void Handshake::established(TlsStream& stream) {
  stream.established();
}

Task<Status> Handshake::run(Ctx ctx) {
  Engine* engine = stream->engine_.get();
  ByteStream& inner = *stream->inner_;
  while (true) {
    if (ctx.cancelled()) co_return ctx.error();
    const Input input = stream->inner_ended_ ? Input::kEnded : Input::kOpen;
    auto work = [engine, input, bytes = std::string(inner.pending()),
                 first = std::exchange(prepare, nullptr)] {
      return take_step(engine, bytes, input, first);
    };
    const Step step = co_await run_step<Step>(loop, std::move(work));
    inner.consume(engine->taken());
    // After a failure this is the alert that tells the peer.
    const Status sent = co_await stream->flush(ctx);
    if (step.failure) co_return *step.failure;
    if (!sent) co_return sent;
    if (step.progress == Engine::Progress::kDone) co_return Status();
    if (!inner.pending().empty()) continue;  // came while the worker computed
    const auto filled = co_await inner.fill(ctx);
    if (!filled) co_return filled.error();
    if (*filled == Fill::kEnd) stream->inner_ended_ = true;
  }
}

namespace {

Task<Result<std::unique_ptr<TlsStream>>> run_client(UvLoop* loop, Ctx ctx,
                                                    std::shared_ptr<const ClientContext> context,
                                                    std::unique_ptr<ByteStream> inner,
                                                    Address server) {
  auto& shared = context->impl();
  const std::string label = "tls: " + server.text();
  auto stream = Handshake::new_stream(*loop, std::move(inner), context);
  Engine& engine = Handshake::engine(*stream);
  if (auto ready = engine.setup(*shared.endpoint.config()); !ready) co_return ready.error();
  const auto& name = shared.server_name.empty() ? server.host : shared.server_name;
  if (auto named = engine.expect_host(name); !named) co_return named.error();

  auto session = shared.sessions.find(server.text(), loop->now());
  auto prepare = [&engine, context, session] {
    return prepare_client(&engine, context->impl().bundle_path, session.get());
  };
  Handshake handshake{stream.get(), loop, prepare};
  const Status done = co_await handshake.run(ctx);
  if (!done) {
    if (done.error().code == Code::kUnavailable) shared.sessions.forget(server.text());
    co_return done.error().within(label);
  }
  if (auto latest = engine.take_session()) {
    shared.sessions.store(server.text(), std::move(latest), loop->now());
  }
  Handshake::established(*stream);
  co_return stream;
}

Task<Result<std::unique_ptr<TlsStream>>> run_server(UvLoop* loop, Ctx ctx,
                                                    std::shared_ptr<const ServerContext> context,
                                                    std::unique_ptr<ByteStream> inner) {
  auto stream = Handshake::new_stream(*loop, std::move(inner), context);
  auto& shared = context->impl();
  if (auto ready = Handshake::engine(*stream).setup(*shared.endpoint.config()); !ready) {
    co_return ready.error();
  }
  Handshake handshake{stream.get(), loop, nullptr};
  const Status done = co_await handshake.run(ctx);
  if (!done) co_return done.error().within("tls: accept");
  Handshake::established(*stream);
  co_return stream;
}

}  // namespace

Task<Result<std::unique_ptr<TlsStream>>> connect(UvLoop& loop, Ctx ctx,
                                                 std::shared_ptr<const ClientContext> context,
                                                 std::unique_ptr<ByteStream> inner,
                                                 Address server) {
  return run_client(&loop, ctx, std::move(context), std::move(inner), std::move(server));
}

Task<Result<std::unique_ptr<TlsStream>>> accept(UvLoop& loop, Ctx ctx,
                                                std::shared_ptr<const ServerContext> context,
                                                std::unique_ptr<ByteStream> inner) {
  return run_server(&loop, ctx, std::move(context), std::move(inner));
}

}  // namespace edge::tls
