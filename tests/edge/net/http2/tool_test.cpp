// A Server beside tools of others: nghttp's clients.
#include <string>

#include <gtest/gtest.h>

#include "tests/edge/net/http2/fixture.h"
#include "tests/support/process.h"

namespace edge::http2 {
namespace {

using edge::test::Process;
using test::Kind;
using test::until;

class Http2ToolTest : public test::Fixture {
 protected:
  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + path;
  }
};

INSTANTIATE_TEST_SUITE_P(Kinds, Http2ToolTest, testing::Values(Kind::kTcp), test::kind_name);

// Lets the loop run until the tool has said `text`.
void wait_said(UvLoop& loop, const Process& tool, const std::string& text) {
  run(loop, until(&loop, [&tool, text] { return tool.output().contains(text); }));
}

TEST_P(Http2ToolTest, Nghttp) {
  start();
  Process tool({"nghttp", "-v", "--no-dep", url("/bytes/300000")});
  wait_said(loop_, tool, "[  0.0");
  run(loop_, until(&loop_, [this] { return paths_.handled == 1 && server_->connections() == 0; }));
  EXPECT_EQ(tool.wait(), 0);
  EXPECT_TRUE(tool.output().contains(":status: 200"));
}

TEST_P(Http2ToolTest, H2load) {
  start();
  Process tool({"h2load", "-n", "2000", "-c", "4", "-m", "20", url("/hello")});
  wait_said(loop_, tool, "finished in");
  EXPECT_EQ(tool.wait(), 0);
  EXPECT_TRUE(tool.output().contains("2000 succeeded, 0 failed, 0 errored")) << tool.output();
  EXPECT_EQ(paths_.handled, 2000);
}

}  // namespace
}  // namespace edge::http2
