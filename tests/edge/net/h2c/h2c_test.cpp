#include "edge/net/h2c/h2c.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/edge/net/http1/server_fixture.h"
#include "tests/support/process.h"

namespace edge::h2c {
namespace {

using edge::test::Process;
using http1::test::until;

class H2cTest : public testing::Test {
 protected:
  H2cTest() {
    auto listener = Listener::tcp(loop_, "127.0.0.1", 0);
    if (!listener) throw std::runtime_error(listener.error().message);
    server_ =
        std::make_unique<http1::Server>(loop_, std::move(*listener), paths_, http1::ServerLimits{});
    server_->also_speak(http2_);
    server_->start();
  }
  ~H2cTest() override { stop(); }

  void stop() {
    if (!server_) return;
    CancelScope now;
    now.cancel();
    run(loop_, server_->stop(now.ctx()));
    server_.reset();
  }

  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + path;
  }

  // What curl says: its options, and a line "<version> <status> <bytes> <connections>" at the end.
  std::string curl(std::vector<std::string> options) {
    options.insert(options.begin(), {"curl", "-sS", "--max-time", "20", "-w",
                                     "%{http_version} %{http_code} %{size_download} "
                                     "%{num_connects};"});
    Process tool(options);
    run(loop_, until(&loop_, [&tool] { return tool.output().contains(';'); }));
    tool.wait();
    return tool.output();
  }

  UvLoop loop_;
  http1::test::Paths paths_{loop_};
  H2c http2_{loop_, paths_, http2::ServerLimits{}};
  std::unique_ptr<http1::Server> server_;
};

TEST_F(H2cTest, BeginsWithAnUpgrade) {
  const auto fetched = [this](const std::string& path, const std::string& option) {
    return curl({"--http2", option, "-o", "/dev/null", url(path)});
  };
  EXPECT_EQ(curl({"--http2", url("/hello")}), "hello2 200 5 1;");
  EXPECT_EQ(fetched("/bytes/300000", "-s"), "2 200 300000 1;");
  EXPECT_EQ(fetched("/chunks/300000", "-s"), "2 200 300000 1;");
  EXPECT_EQ(fetched("/hello", "-I"), "2 200 0 1;");
}

TEST_F(H2cTest, GoesOnInHttp2) {
  Process tool({"nghttp", "-nv", "--upgrade", "--no-dep", url("/hello"), url("/bytes/300000")});
  run(loop_, until(&loop_, [&tool] { return tool.output().contains("send GOAWAY"); }));
  EXPECT_EQ(tool.wait(), 0);
  EXPECT_TRUE(tool.output().contains("101 Switching Protocols")) << tool.output();
  EXPECT_TRUE(tool.output().contains("recv (stream_id=1) :status: 200")) << tool.output();
  EXPECT_TRUE(tool.output().contains("x-from: hello")) << tool.output();
}

TEST_F(H2cTest, IsSpokenFromTheFirstByte) {
  EXPECT_EQ(curl({"--http2-prior-knowledge", url("/hello")}), "hello2 200 5 1;");
  const std::string large(100'000, 'x');
  EXPECT_EQ(curl({"--http2-prior-knowledge", "-d", large, "-o", "/dev/null", url("/echo")}),
            "2 200 100000 1;");
  EXPECT_EQ(curl({"--http2-prior-knowledge", "-d", large, "-o", "/dev/null", url("/stream")}),
            "2 200 100000 1;");
  EXPECT_EQ(paths_.last_error, "");
}

TEST_F(H2cTest, StaysWithHttp1WhereTheRequestHasABody) {
  EXPECT_EQ(curl({"--http2", "-d", "body", url("/echo")}), "body1.1 200 4 1;");
}

TEST_F(H2cTest, SaysWhatCannotBeAnswered) {
  EXPECT_EQ(curl({"--http2-prior-knowledge", "-o", "/dev/null", url("/throws")}), "2 500 0 1;");
  EXPECT_EQ(curl({"--http2-prior-knowledge", "-o", "/dev/null", url("/status/204")}), "2 204 0 1;");
  EXPECT_TRUE(curl({"--http2-prior-knowledge", "-o", "/dev/null", url("/breaks/70000")})
                  .contains("INTERNAL_ERROR"));
  EXPECT_TRUE(curl({"--http2-prior-knowledge", "-o", "/dev/null", url("/too-short")})
                  .contains("not closed cleanly"));
}

TEST_F(H2cTest, ManyRequestsOnOneConnection) {
  Process tool({"h2load", "-n", "2000", "-c", "2", "-m", "20", url("/hello")});
  run(loop_, until(&loop_, [&tool] { return tool.output().contains("finished in"); }));
  EXPECT_EQ(tool.wait(), 0);
  EXPECT_TRUE(tool.output().contains("2000 succeeded, 0 failed, 0 errored")) << tool.output();
}

TEST_F(H2cTest, EndsWithTheServer) {
  Process tool({"curl", "-sS", "--http2-prior-knowledge", url("/wait")});
  run(loop_, until(&loop_, [this] { return paths_.running == 1; }));
  stop();
  EXPECT_NE(tool.wait(), 0);
  EXPECT_EQ(paths_.running, 0);
}

Task<void> stop_in_good_order(http1::Server* server, http1::test::Paths* paths, Loop* loop) {
  TaskGroup group(*loop, "stop");
  group.spawn(server->stop(Ctx::background()));
  paths->gate.set();
  co_await group.wait();
}

TEST_F(H2cTest, RequestsAreAnsweredBeforeTheServerEnds) {
  Process tool({"curl", "-sS", "--http2", url("/wait")});
  run(loop_, until(&loop_, [this] { return paths_.running == 1; }));
  run(loop_, stop_in_good_order(server_.get(), &paths_, &loop_));
  server_.reset();
  EXPECT_EQ(tool.wait(), 0);
  EXPECT_EQ(tool.output(), "waited");
}

Task<std::string> said(http1::test::Wire* wire, std::string bytes) {
  co_await wire->open();
  const Status sent = co_await wire->send(bytes);
  if (!sent) co_return sent.error().message;
  co_return co_await wire->rest();
}

TEST_F(H2cTest, APrefaceIsTheFirstThing) {
  http1::test::Wire wire(loop_, {"127.0.0.1", server_->port(), ""});
  const std::string answer =
      run(loop_, said(&wire, http1::test::get("/hello") + "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  EXPECT_TRUE(answer.contains("\r\n\r\nhelloHTTP/1.1 505")) << answer;
}

}  // namespace
}  // namespace edge::h2c
