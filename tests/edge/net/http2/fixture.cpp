#include "tests/edge/net/http2/fixture.h"

#include <algorithm>
#include <stdexcept>

namespace edge::http2::test {
namespace {

constexpr std::uint64_t kBodyLimit = std::uint64_t{64} * 1024 * 1024;
constexpr std::size_t kPiece = 10'000;

std::uint64_t number(std::string_view path) {
  return std::stoull(std::string(path.substr(path.rfind('/') + 1)));
}

}  // namespace

Task<void> Paths::handle(Ctx ctx, ServerExchange exchange) {
  struct Running {
    explicit Running(int& requests) : count(requests) { ++count; }
    ~Running() { --count; }
    int& count;
  };
  ++handled;
  const Running counted(running);
  most = std::max(most, running);
  co_await dispatch(ctx, exchange.stream);
}

Task<void> Paths::dispatch(Ctx ctx, Stream* stream) {
  const std::string_view path = stream->head().path;
  if (path == "/hello") {
    co_await reply(ctx, stream, "hello");
  } else if (path == "/echo") {
    co_await echo(ctx, stream);
  } else if (path == "/stream") {
    co_await stream_back(ctx, stream);
  } else if (path.starts_with("/bytes/")) {
    co_await bytes(ctx, stream);
  } else if (path == "/trailers") {
    co_await trailers(ctx, stream);
  } else if (path == "/wait") {
    co_await wait(ctx, stream);
  } else if (path == "/unread") {
    co_await reply(ctx, stream, "not read");
  } else if (path == "/throws") {
    throw std::runtime_error("thrown by the handler");
  } else if (path == "/half") {
    note(stream->answer(200, {}, Follows::kBody));
    const Status sent = co_await stream->write(ctx, "half");
    note(sent);
  } else if (path != "/silent") {
    note(stream->answer(404, {}, Follows::kNothing));
  }
}

void Paths::note(const Status& status) {
  if (!status) last_error = status.error().message;
}

Task<void> Paths::reply(Ctx ctx, Stream* stream, std::string body) {
  HeaderList fields;
  fields.add("x-from", "edge");
  note(stream->answer(200, fields, Follows::kBody));
  const Status sent = co_await stream->end(ctx, body);
  note(sent);
}

Task<void> Paths::echo(Ctx ctx, Stream* stream) {
  auto body = co_await edge::read_all(ctx, &stream->body(), kBodyLimit);
  if (!body) {
    last_error = body.error().message;
    co_return;
  }
  co_await reply(ctx, stream, std::move(*body));
}

Task<void> Paths::stream_back(Ctx ctx, Stream* stream) {
  note(stream->answer(200, {}, Follows::kBody));
  while (!stream->body().finished()) {
    auto piece = co_await stream->body().read(ctx);
    if (!piece) {
      last_error = piece.error().message;
      co_return;
    }
    const Status sent = co_await stream->write(ctx, *piece);
    note(sent);
    if (!sent) co_return;
  }
  const Status ended = co_await stream->end(ctx, "");
  note(ended);
}

Task<void> Paths::bytes(Ctx ctx, Stream* stream) {
  std::uint64_t left = number(stream->head().path);
  note(stream->answer(200, {}, Follows::kBody));
  const std::string piece(kPiece, 'b');
  while (left > 0) {
    const auto size = std::min<std::uint64_t>(left, piece.size());
    const Status sent = co_await stream->write(ctx, std::string_view(piece).substr(0, size));
    note(sent);
    if (!sent) co_return;
    produced += size;
    left -= size;
  }
  const Status ended = co_await stream->end(ctx, "");
  note(ended);
}

Task<void> Paths::trailers(Ctx ctx, Stream* stream) {
  auto body = co_await edge::read_all(ctx, &stream->body(), kBodyLimit);
  HeaderList fields;
  fields.add("grpc-status", "0");
  fields.add("x-read", body ? "all" : "failed");
  note(stream->answer(200, {}, Follows::kBody));
  const std::string_view text = body ? std::string_view(*body) : "";
  const Status sent = co_await stream->end(ctx, text, &fields);
  note(sent);
}

Task<void> Paths::wait(Ctx ctx, Stream* stream) {
  const Status waited = co_await gate.wait(ctx);
  note(waited);
  if (waited) co_await reply(ctx, stream, "waited");
}

Fixture::~Fixture() {
  if (client_) run(loop_, client_->close());
  stop();
}

void Fixture::start(ServerLimits limits) {
  auto listener = GetParam() == Kind::kTcp ? Listener::tcp(loop_, "127.0.0.1", 0)
                                           : Listener::unix(loop_, dir_.file("h2.sock"));
  if (!listener) throw std::runtime_error(listener.error().message);
  server_ = std::make_unique<Server>(loop_, std::move(*listener), paths_, limits);
  server_->start();
}

void Fixture::stop() {
  if (!server_) return;
  CancelScope now;
  now.cancel();
  run(loop_, server_->stop(now.ctx()));
  server_.reset();
}

void Fixture::connect(ClientLimits limits) {
  if (client_) run(loop_, client_->close());
  client_ = std::make_unique<Client>(loop_, socket_dialer(loop_, address()), limits);
}

Address Fixture::address() const {
  if (GetParam() == Kind::kTcp) return {"127.0.0.1", server_->port(), ""};
  return {"", 0, dir_.file("h2.sock")};
}

Answer Fixture::ask(const std::string& path, const std::string& body) {
  return run(loop_, exchange(client_.get(), path, body));
}

Task<Answer> exchange(Client* client, std::string path, std::string body) {
  const Ctx ctx = Ctx::background();
  Answer answer;
  const RequestHead head{.authority = "test", .path = path};
  auto stream = co_await client->open(ctx, &head, Follows::kBody);
  if (!stream) {
    answer.error = stream.error().message;
    co_return answer;
  }
  const Status sent = co_await (*stream)->end(ctx, body);
  if (!sent) answer.error = sent.error().message;
  const Status came = co_await (*stream)->wait_head(ctx);
  if (!came) {
    answer.error = came.error().message;
    co_return answer;
  }
  answer.status = (*stream)->head().status;
  auto text = co_await edge::read_all(ctx, &(*stream)->body(), kBodyLimit);
  if (text) {
    answer.body = std::move(*text);
  } else {
    answer.error = text.error().message;
  }
  for (const Header& field : (*stream)->trailers()) {
    answer.trailers += std::string(field.name) + ": " + std::string(field.value) + "\n";
  }
  co_return answer;
}

Task<void> exchange_into(Client* client, std::string path, Answer* out) {
  *out = co_await exchange(client, std::move(path), "");
}

std::string kind_name(const testing::TestParamInfo<Kind>& info) {
  return info.param == Kind::kTcp ? "Tcp" : "Unix";
}

Task<void> until(Loop* loop, std::function<bool()> reached) {
  const TimePoint limit = loop->now() + edge::test::kLimit;
  while (!reached()) {
    if (loop->now() > limit) throw std::runtime_error("a condition was not reached in time");
    const Status slept = co_await sleep_for(*loop, Ctx::background(), std::chrono::milliseconds(1));
    if (!slept) co_return;
  }
}

}  // namespace edge::http2::test
