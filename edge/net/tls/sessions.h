// TLS sessions that a client may resume: a short handshake instead of 7 ms of computing.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <mbedtls/ssl.h>

#include "edge/base/time.h"

namespace edge::tls {

// An established session: keys, ticket and the server's certificate. Wiped when it goes.
class Session {
 public:
  Session() noexcept { mbedtls_ssl_session_init(&session_); }
  ~Session() { mbedtls_ssl_session_free(&session_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  [[nodiscard]] mbedtls_ssl_session* get() noexcept { return &session_; }

 private:
  mbedtls_ssl_session session_;
};

// The latest session with each server. Any thread.
class SessionCache {
 public:
  static constexpr std::size_t kMaxServers = 16;
  // A certificate that expires is noticed by then: resuming does not look at it again.
  static constexpr Duration kMaxAge = std::chrono::hours(1);

  // nullptr where there is none that is young enough.
  std::shared_ptr<Session> find(const std::string& server, TimePoint now);
  // Replaces the server's earlier one; the oldest goes when there are too many.
  void store(const std::string& server, std::shared_ptr<Session> session, TimePoint now);
  void forget(const std::string& server);
  [[nodiscard]] std::size_t size();

 private:
  struct Entry {
    std::string server;
    std::shared_ptr<Session> session;
    TimePoint since;
  };
  void erase(const std::string& server);

  std::mutex mutex_;
  std::vector<Entry> entries_;  // oldest first
};

}  // namespace edge::tls
