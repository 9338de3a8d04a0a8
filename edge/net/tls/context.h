// What a TLS client or server is configured with, parsed once and shared by its connections.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "edge/base/result.h"

namespace edge::tls {

// Whether the server's certificate is judged. kNone is for apps on this machine only
// (wire reference §17.3).
enum class Verify { kPeer, kNone };

inline constexpr const char* kSystemBundle = "/etc/ssl/certs/ca-certificates.crt";

// Texts are PEM; "" where there is none.
struct ClientConfig {
  std::string root_ca;      // "" trusts `bundle_path`
  std::string certificate;  // with its chain; needs `private_key`
  std::string private_key;
  std::string server_name;  // expected and announced name; "" takes the address's host
  std::string bundle_path = kSystemBundle;  // read at the first handshake, and when it changed
  std::vector<std::string> alpn;            // most wanted first
  Verify verify = Verify::kPeer;
};

struct ServerConfig {
  std::string certificate;  // with its chain
  std::string private_key;
  std::string client_ca;  // not "": clients must show a certificate that it signed
  std::vector<std::string> alpn;
};

// Any thread may hold one; its private key is wiped when the last holder goes.
class ClientContext {
 public:
  // Errors: kInvalidArgument, naming the item as HTTPEndpoint's clientTLS does: "rootCA",
  // "certificate", "privateKey". Texts of private keys are wiped.
  static Result<std::shared_ptr<const ClientContext>> parse(ClientConfig config);
  ~ClientContext();
  ClientContext(const ClientContext&) = delete;
  ClientContext& operator=(const ClientContext&) = delete;

  struct Impl;
  [[nodiscard]] Impl& impl() const noexcept { return *impl_; }

 private:
  explicit ClientContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class ServerContext {
 public:
  // Errors: kInvalidArgument, naming the item: "certificate", "privateKey", "clientCA".
  static Result<std::shared_ptr<const ServerContext>> parse(ServerConfig config);
  ~ServerContext();
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;

  struct Impl;
  [[nodiscard]] Impl& impl() const noexcept { return *impl_; }

 private:
  explicit ServerContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace edge::tls
