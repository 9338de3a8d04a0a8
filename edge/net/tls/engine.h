// Engine: the TLS protocol over memory, without any I/O of its own.
//
// Bytes from the peer are lent to it for one call; bytes for the peer gather inside. One thread at
// a time: a handshake step's worker, or else the loop.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mbedtls/ssl.h>

#include "edge/base/result.h"
#include "edge/net/tls/credentials.h"
#include "edge/net/tls/sessions.h"

namespace edge::tls {

enum class Input { kOpen, kEnded };

class Engine {
 public:
  enum class Progress { kDone, kWantsInput, kFailed };

  // What one read gave: bytes, or why there are none.
  enum class ReadEnd { kNone, kWantsInput, kClosed, kFailed };
  struct Read {
    std::size_t bytes = 0;
    ReadEnd end = ReadEnd::kNone;
  };

  Engine() noexcept;
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // `config` outlives the engine. Errors: kResourceExhausted.
  Status setup(const mbedtls_ssl_config& config);
  // The server's name or IP address: announced, and expected in its certificate.
  Status expect_host(const std::string& host);
  // What the handshake judges the peer by, unless the config says.
  void trust(std::shared_ptr<Certificates> roots) noexcept;
  // Asks the server to resume `session`.
  void resume(Session& session) noexcept;

  // Lends the peer's bytes to the next call; taken() of them are then used up.
  void lend(std::string_view bytes, Input input) noexcept;
  [[nodiscard]] std::size_t taken() const noexcept { return taken_; }

  // Goes on with the handshake as far as the input allows. Up to 10 ms.
  Progress handshake() noexcept;
  // Decrypts into `out`.
  Read read(std::span<char> out) noexcept;
  // Encrypts all of `piece`, at most max_piece() bytes, into one record.
  Status write(std::string_view piece) noexcept;
  void close_notify() noexcept;

  [[nodiscard]] std::size_t max_piece() const noexcept;
  // Decrypted bytes that wait for a read.
  [[nodiscard]] bool has_plaintext() const noexcept;
  [[nodiscard]] std::size_t output_size() const noexcept { return output_.size(); }
  std::string take_output() noexcept { return std::exchange(output_, {}); }

  // After a failure: why.
  [[nodiscard]] Error failure() const;
  // After the handshake.
  [[nodiscard]] bool resumed() const noexcept { return !saw_certificate_; }
  [[nodiscard]] std::string_view alpn() const noexcept;
  // A client's new session; nullptr where an earlier one was resumed.
  std::shared_ptr<Session> take_session() noexcept { return std::move(session_); }

 private:
  void failed(int code) noexcept;
  void keep_session();
  static int send(void* self, const unsigned char* bytes, std::size_t size) noexcept;
  static int receive(void* self, unsigned char* out, std::size_t size) noexcept;
  static int judge(void* self, mbedtls_x509_crt* certificate, int depth,
                   std::uint32_t* flags) noexcept;

  mbedtls_ssl_context ssl_;
  std::shared_ptr<Certificates> roots_;
  std::shared_ptr<Session> session_;
  std::string expected_ip_;  // 4 or 16 bytes; "" for a name
  std::string_view lent_;
  std::size_t taken_ = 0;
  Input input_ = Input::kOpen;
  std::string output_;
  int failure_ = 0;
  bool saw_certificate_ = false;
};

}  // namespace edge::tls
