// Against the openssl program as server and as client.
#include <vector>

#include <gtest/gtest.h>

#include "edge/net/tls/tls_stream.h"
#include "tests/edge/net/tls/fixture.h"
#include "tests/support/process.h"

namespace edge::tls {
namespace {

using edge::test::Process;
using edge::test::TempDir;
using test::Certs;
using test::ClientResult;
using test::Identity;
using test::read_exactly;
using test::read_to_end;
using test::write_text;

class OpensslTest : public test::TlsTest {
 protected:
  static std::vector<std::string> server_arguments(const Identity& identity,
                                                   std::vector<std::string> more) {
    std::vector<std::string> arguments{"openssl",     "s_server",       "-accept",
                                       "127.0.0.1:0", "-cert",          identity.certificate_path,
                                       "-key",        identity.key_path};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  static Address address_of(const Process& server) {
    const std::string port = server.wait_for("ACCEPT 127.0.0.1:");
    return {"127.0.0.1", static_cast<std::uint16_t>(std::stoi(port)), ""};
  }
  ClientResult connect_to(const Process& server, std::shared_ptr<const ClientContext> context) {
    const Address address = address_of(server);
    return run(loop_, test::dial_and_connect(&loop_, Ctx::background(), address, std::move(context),
                                             address));
  }
};

Task<std::string> ask(ByteStream* stream, std::string question) {
  const Status sent = co_await write_text(stream, Ctx::background(), std::move(question));
  EXPECT_TRUE(sent);
  const auto answer = co_await read_to_end(stream, Ctx::background());
  co_return answer ? *answer : "error: " + answer.error().message;
}

Task<std::string> ask_line(ByteStream* stream, std::string question) {
  const std::size_t size = question.size();
  const Status sent = co_await write_text(stream, Ctx::background(), std::move(question));
  EXPECT_TRUE(sent);
  const auto answer = co_await read_exactly(stream, Ctx::background(), size);
  co_return answer ? *answer : "error: " + answer.error().message;
}

TEST_F(OpensslTest, OurClientTalksToItsServer) {
  for (const auto kind : {test::KeyKind::kEcdsa, test::KeyKind::kRsa}) {
    const auto identity = Certs::get().authority.issue("IP:127.0.0.1", test::Validity::kNow, kind);
    const Process server(server_arguments(identity, {"-rev", "-tls1_2"}));
    auto client = connect_to(server, client_context({}));
    ASSERT_TRUE(client) << client.error().message;
    EXPECT_EQ(run(loop_, ask_line(client->get(), "abc\n")), "cba\n");
    EXPECT_EQ(run(loop_, ask_line(client->get(), "0123456789\n")), "9876543210\n");
  }
}

TEST_F(OpensslTest, OurClientResumesWithItsServer) {
  const Process server(server_arguments(Certs::get().server, {"-rev", "-tls1_2"}));
  const auto context = client_context({});
  for (int i = 0; i < 3; ++i) {
    auto client = connect_to(server, context);
    ASSERT_TRUE(client) << client.error().message;
    EXPECT_EQ((*client)->resumed(), i > 0);
    EXPECT_EQ(run(loop_, ask_line(client->get(), "abc\n")), "cba\n");
  }
}

std::string big_text() {
  std::string text;
  while (text.size() < std::size_t{5} * 1024 * 1024) text += std::to_string(text.size()) + "\n";
  return text;
}

TEST_F(OpensslTest, FiveMegabytesFromItsServer) {
  const TempDir dir;
  const std::string text = big_text();
  dir.write("big.txt", text);
  const Process server(server_arguments(Certs::get().server, {"-WWW", "-tls1_2"}), dir.path());
  auto client = connect_to(server, client_context({}));
  ASSERT_TRUE(client) << client.error().message;
  const std::string answer = run(loop_, ask(client->get(), "GET /big.txt HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(answer.find("HTTP/1.0 200 ok"), 0U) << answer.substr(0, 200);
  EXPECT_TRUE(answer.ends_with(text));
}

Task<void> upload(ByteStream* stream, std::string text) {
  const Status sent = co_await write_text(stream, Ctx::background(), std::move(text));
  EXPECT_TRUE(sent);
  const Status ended = co_await stream->shutdown_write(Ctx::background());
  EXPECT_TRUE(ended);
  const auto rest = co_await read_to_end(stream, Ctx::background());
  EXPECT_TRUE(rest);
}

TEST_F(OpensslTest, FiveMegabytesToItsServer) {
  const std::string text = big_text();
  Process server(server_arguments(Certs::get().server, {"-tls1_2", "-naccept", "1"}));
  auto client = connect_to(server, client_context({}));
  ASSERT_TRUE(client) << client.error().message;
  run(loop_, upload(client->get(), text));
  server.close_input();
  server.wait();
  EXPECT_NE(server.output().find(text), std::string::npos);
}

TEST_F(OpensslTest, ItsServerWantsAClientCertificate) {
  const auto arguments = server_arguments(Certs::get().server,
                                          {"-rev", "-tls1_2", "-Verify", "1", "-CAfile",
                                           Certs::get().authority.path(), "-verify_return_error"});
  {
    const Process server(arguments);
    const auto client = connect_to(server, client_context({}));
    ASSERT_FALSE(client);
    EXPECT_EQ(client.error().code, Code::kUnavailable);
    EXPECT_NE(client.error().message.find("the peer refused: handshake failure (alert 40)"),
              std::string::npos)
        << client.error().message;
  }
  ClientConfig config;
  config.certificate = Certs::get().client.certificate;
  config.private_key = Certs::get().client.private_key;
  const Process server(arguments);
  auto client = connect_to(server, client_context(config));
  ASSERT_TRUE(client) << client.error().message;
  EXPECT_EQ(run(loop_, ask_line(client->get(), "abc\n")), "cba\n");
}

TEST_F(OpensslTest, AServerWithTls13AloneIsRefusedWithAReason) {
  const Process server(server_arguments(Certs::get().server, {"-rev", "-tls1_3"}));
  const auto client = connect_to(server, client_context({}));
  ASSERT_FALSE(client);
  EXPECT_NE(client.error().message.find("the peer refused: protocol version (alert 70)"),
            std::string::npos)
      << client.error().message;
}

// Accepts `count` connections one after the other and answers one line on each.
Task<int> answer_lines(UvLoop* loop, Listener* listener,
                       std::shared_ptr<const ServerContext> context, int count) {
  int resumed = 0;
  for (int i = 0; i < count; ++i) {
    auto socket = co_await listener->accept(Ctx::background());
    EXPECT_TRUE(socket);
    auto stream = co_await accept(*loop, Ctx::background(), context, std::move(*socket));
    EXPECT_TRUE(stream);
    if (!stream) co_return -1;
    if ((*stream)->resumed()) ++resumed;
    if (i + 1 < count) continue;
    const auto line = co_await read_exactly(stream->get(), Ctx::background(), 6);
    EXPECT_EQ(*line, "hello\n");
    const Status sent = co_await write_text(stream->get(), Ctx::background(), "world\n");
    EXPECT_TRUE(sent);
    const Status ended = co_await (*stream)->shutdown_write(Ctx::background());
    EXPECT_TRUE(ended);
    const auto rest = co_await read_to_end(stream->get(), Ctx::background());
  }
  co_return resumed;
}

TEST_F(OpensslTest, ItsClientTalksToOurServerAndResumes) {
  const auto context = server_context({});
  // -reconnect makes a first connection and resumes it five times.
  Process client({"openssl", "s_client", "-connect", dial().text(), "-tls1_2", "-reconnect",
                  "-CAfile", Certs::get().authority.path(), "-verify_return_error",
                  "-verify_hostname", "localhost", "-servername", "localhost"});
  client.write("hello\n");
  EXPECT_EQ(run(loop_, answer_lines(&loop_, listener_.get(), context, 6)), 5);
  client.close_input();
  client.wait();
  EXPECT_NE(client.output().find("world"), std::string::npos) << client.output();
}

TEST_F(OpensslTest, ItsClientShowsACertificateToOurServer) {
  ServerConfig config;
  config.client_ca = Certs::get().authority.certificate();
  const auto context = server_context(config);
  Process client({"openssl", "s_client", "-connect", dial().text(), "-tls1_2", "-CAfile",
                  Certs::get().authority.path(), "-cert", Certs::get().client.certificate_path,
                  "-key", Certs::get().client.key_path});
  client.write("hello\n");
  EXPECT_EQ(run(loop_, answer_lines(&loop_, listener_.get(), context, 1)), 0);
  client.close_input();
  client.wait();
  EXPECT_NE(client.output().find("world"), std::string::npos) << client.output();
}

}  // namespace
}  // namespace edge::tls
