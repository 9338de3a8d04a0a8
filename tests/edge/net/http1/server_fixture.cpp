#include "tests/edge/net/http1/server_fixture.h"

#include <stdexcept>

#include "edge/net/http1/text.h"
#include "tests/edge/net/http1/pattern_source.h"

namespace edge::http1::test {
namespace {

constexpr std::uint64_t kBodyLimit = std::uint64_t{64} * 1024 * 1024;

// The number behind the last slash of the target.
std::uint64_t number(const ServerExchange& exchange) {
  const std::string target(exchange.request().target);
  return std::stoull(target.substr(target.rfind('/') + 1));
}

// Tells how much has been taken while the answer is on its way.
class CountedSource final : public ByteSource {
 public:
  CountedSource(PatternSource& source, std::uint64_t& count) : source_(source), count_(count) {}
  [[nodiscard]] std::optional<std::uint64_t> length() const noexcept override {
    return source_.length();
  }
  std::string_view take_ready() override { return source_.take_ready(); }
  [[nodiscard]] bool finished() const noexcept override { return source_.finished(); }
  Task<Result<std::string_view>> read(Ctx ctx) override {
    auto piece = co_await source_.read(ctx);
    count_ = source_.taken();
    co_return piece;
  }

 private:
  PatternSource& source_;
  std::uint64_t& count_;
};

}  // namespace

const std::map<std::string_view, Paths::Answerer>& Paths::table() {
  static const std::map<std::string_view, Answerer> answerers = {
      {"/hello", &Paths::hello},
      {"/echo", &Paths::echo},
      {"/count", &Paths::count},
      {"/stream", &Paths::stream},
      {"/wait", &Paths::wait},
      {"/bytes", &Paths::bytes},
      {"/chunks", &Paths::chunks},
      {"/breaks", &Paths::breaks},
      {"/too-short", &Paths::too_short},
      {"/too-long", &Paths::too_long},
      {"/status", &Paths::status},
      {"/throws", &Paths::throws},
      {"/throws-number", &Paths::throws_number},
      {"/silent", &Paths::silent},
  };
  return answerers;
}

Task<void> Paths::handle(Ctx ctx, ServerExchange* exchange) {
  struct Running {
    explicit Running(int& requests) : count(requests) { ++count; }
    ~Running() { --count; }
    int& count;
  };
  ++handled;
  const Running counted(running);
  const std::string_view target = exchange->request().target;
  const auto found = table().find(target.substr(0, target.find('/', 1)));
  if (found == table().end()) throw std::runtime_error("no such path");
  co_await (this->*found->second)(ctx, exchange);
}

void Paths::note(const Status& status) {
  if (!status) last_error = status.error().message;
}

Task<void> Paths::hello(Ctx ctx, ServerExchange* exchange) {
  const Response response{.headers = "X-From: hello\r\n"};
  const Status sent = co_await exchange->reply(ctx, response, "hello");
  note(sent);
}

Task<void> Paths::echo(Ctx ctx, ServerExchange* exchange) {
  const auto body = co_await edge::read_all(ctx, &exchange->body(), kBodyLimit);
  if (!body) {
    last_error = body.error().message;
    const int status = http_status(body.error().code);
    const Status told = co_await exchange->reply(ctx, {.status = status}, last_error);
    if (!told) last_error = told.error().message;
    co_return;
  }
  const Status sent = co_await exchange->reply(ctx, {}, *body);
  note(sent);
}

Task<void> Paths::count(Ctx ctx, ServerExchange* exchange) {
  PatternCheck check;
  while (!exchange->body().finished()) {
    const auto piece = co_await exchange->body().read(ctx);
    if (!piece) {
      last_error = piece.error().message;
      co_return;
    }
    check.add(*piece);
  }
  const std::string said =
      std::to_string(check.seen()) + " bytes, " + std::to_string(check.wrong()) + " wrong";
  const Status sent = co_await exchange->reply(ctx, {}, said);
  note(sent);
}

Task<void> Paths::stream(Ctx ctx, ServerExchange* exchange) {
  const Status sent = co_await exchange->send(ctx, {}, &exchange->body());
  note(sent);
}

Task<void> Paths::wait(Ctx ctx, ServerExchange* exchange) {
  const Status waited = co_await gate.wait(ctx);
  note(waited);
  if (!waited) co_return;
  const Status sent = co_await exchange->reply(ctx, {}, "waited");
  note(sent);
}

Task<void> Paths::bytes(Ctx ctx, ServerExchange* exchange) {
  PatternSource pattern(number(*exchange), PatternSource::Length::kKnown);
  CountedSource source(pattern, produced);
  const Status sent = co_await exchange->send(ctx, {.length = source.length()}, &source);
  note(sent);
}

Task<void> Paths::chunks(Ctx ctx, ServerExchange* exchange) {
  PatternSource pattern(number(*exchange), PatternSource::Length::kUnknown);
  CountedSource source(pattern, produced);
  const Status sent = co_await exchange->send(ctx, {}, &source);
  note(sent);
}

Task<void> Paths::breaks(Ctx ctx, ServerExchange* exchange) {
  PatternSource source(10'000'000, PatternSource::Length::kUnknown);
  source.fail_at(number(*exchange));
  const Status sent = co_await exchange->send(ctx, {}, &source);
  note(sent);
}

Task<void> Paths::too_short(Ctx ctx, ServerExchange* exchange) {
  PatternSource source(100'000, PatternSource::Length::kKnown);
  const Status sent = co_await exchange->send(ctx, {.length = 200'000}, &source);
  note(sent);
}

Task<void> Paths::too_long(Ctx ctx, ServerExchange* exchange) {
  PatternSource source(200'000, PatternSource::Length::kKnown);
  const Status sent = co_await exchange->send(ctx, {.length = 100'000}, &source);
  note(sent);
}

Task<void> Paths::status(Ctx ctx, ServerExchange* exchange) {
  const int code = static_cast<int>(number(*exchange));
  const Status sent = co_await exchange->reply(ctx, {.status = code}, "a body");
  note(sent);
}

Task<void> Paths::throws(Ctx, ServerExchange*) {
  throw std::runtime_error("thrown by the handler");
  co_return;
}

Task<void> Paths::throws_number(Ctx, ServerExchange*) {
  throw 7;
  co_return;
}

Task<void> Paths::silent(Ctx, ServerExchange*) {
  co_return;
}

ServerFixture::~ServerFixture() {
  stop();
}

void ServerFixture::start(ServerLimits limits, Server::Admission admission) {
  auto listener = GetParam() == Kind::kTcp ? Listener::tcp(loop_, "127.0.0.1", 0)
                                           : Listener::unix(loop_, dir_.file("http.sock"));
  if (!listener) throw std::runtime_error(listener.error().message);
  server_ =
      std::make_unique<Server>(loop_, std::move(*listener), paths_, limits, std::move(admission));
  server_->start();
}

void ServerFixture::stop() {
  if (!server_) return;
  CancelScope now;
  now.cancel();
  run(loop_, server_->stop(now.ctx()));
  server_.reset();
}

Address ServerFixture::address() const {
  if (GetParam() == Kind::kTcp) return {"127.0.0.1", server_->port(), ""};
  return {"", 0, dir_.file("http.sock")};
}

namespace {

Task<std::string> say_and_read(Wire* wire, std::string bytes) {
  co_await wire->open();
  const Status sent = co_await wire->send(bytes);
  if (!sent) co_return "cannot send: " + sent.error().message;
  co_return co_await wire->rest();
}

}  // namespace

std::string ServerFixture::talk(const std::string& bytes) {
  Wire client = wire();
  return run(loop_, say_and_read(&client, bytes));
}

std::string get(const std::string& target, const std::string& lines) {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
}

std::string post(const std::string& target, const std::string& body, const std::string& lines) {
  return "POST " + target +
         " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + lines +
         "\r\n" + body;
}

std::string post_chunks(const std::string& target, const std::string& chunks,
                        const std::string& lines) {
  return "POST " + target + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" + lines +
         "\r\n" + chunks;
}

std::string chunk(const std::string& body) {
  return std::string(ChunkLine(body.size()).text()) + body + "\r\n";
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

}  // namespace edge::http1::test
