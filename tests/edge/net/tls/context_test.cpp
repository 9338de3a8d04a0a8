#include "edge/net/tls/context.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "tests/edge/net/tls/fixture.h"

namespace edge::tls {
namespace {

using test::Certs;

std::string client_error(ClientConfig config) {
  const auto context = ClientContext::parse(std::move(config));
  if (context) return "";
  EXPECT_EQ(context.error().code, Code::kInvalidArgument);
  return context.error().message;
}

ClientConfig with_identity(const std::string& certificate, const std::string& key) {
  ClientConfig config;
  config.certificate = certificate;
  config.private_key = key;
  return config;
}

TEST(ClientContextTest, AcceptsWhatIsRight) {
  EXPECT_EQ(client_error({}), "");
  auto config = with_identity(Certs::get().client.certificate, Certs::get().client.private_key);
  config.root_ca = Certs::get().authority.certificate();
  config.alpn = {"h2", "http/1.1"};
  EXPECT_EQ(client_error(config), "");
}

TEST(ClientContextTest, NamesABadRoot) {
  ClientConfig config;
  config.root_ca = "not PEM";
  EXPECT_EQ(client_error(config),
            "rootCA: holds no certificate in PEM (-----BEGIN CERTIFICATE-----)");
  config.root_ca = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  EXPECT_EQ(client_error(config).find("rootCA: the certificate cannot be read: "), 0U);
}

TEST(ClientContextTest, NamesABadCertificate) {
  EXPECT_EQ(client_error(with_identity("x", Certs::get().client.private_key)),
            "certificate: holds no certificate in PEM (-----BEGIN CERTIFICATE-----)");
}

TEST(ClientContextTest, NamesABadKey) {
  const auto& certificate = Certs::get().client.certificate;
  EXPECT_EQ(client_error(with_identity(certificate, "x")),
            "privateKey: holds no private key in PEM (-----BEGIN PRIVATE KEY-----)");
  const std::string damaged = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
  EXPECT_EQ(client_error(with_identity(certificate, damaged)).find("privateKey: the key cannot"),
            0U);
}

TEST(ClientContextTest, NamesWhatIsMissing) {
  EXPECT_EQ(client_error(with_identity("", Certs::get().client.private_key)),
            "certificate: missing, and privateKey needs one");
  EXPECT_EQ(client_error(with_identity(Certs::get().client.certificate, "")),
            "privateKey: missing, and certificate needs one");
}

TEST(ClientContextTest, RefusesAKeyOfAnotherCertificate) {
  EXPECT_EQ(
      client_error(with_identity(Certs::get().client.certificate, Certs::get().server.private_key)),
      "privateKey: does not belong to certificate");
}

TEST(ClientContextTest, RefusesAnEncryptedKey) {
  const test::TempDir dir;
  const std::string encrypted = dir.file("encrypted.key");
  const std::string command = "openssl ec -aes256 -passout pass:secret -in " +
                              Certs::get().client.key_path + " -out " + encrypted +
                              " >/dev/null 2>&1";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(client_error(
                with_identity(Certs::get().client.certificate, edge::test::read_file(encrypted))),
            "privateKey: the key is encrypted; give it without a password");
}

TEST(ClientContextTest, RefusesAnEmptyAlpnName) {
  ClientConfig config;
  config.alpn = {""};
  EXPECT_EQ(client_error(config), "tls: an ALPN name is empty or longer than 255 bytes");
}

TEST(ServerContextTest, NeedsAnIdentityAndNamesABadClientCa) {
  auto context = ServerContext::parse({});
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().message, "certificate: missing, and privateKey needs one");
  ServerConfig config;
  config.certificate = Certs::get().server.certificate;
  config.private_key = Certs::get().server.private_key;
  EXPECT_TRUE(ServerContext::parse(config));
  config.client_ca = "x";
  context = ServerContext::parse(config);
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().message.find("clientCA: "), 0U);
}

}  // namespace
}  // namespace edge::tls
