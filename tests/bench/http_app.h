// An app that the hub delivers events to: answers every GET with 404 and every POST with an empty
// 200, in the thread that calls it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

class HttpApp {
 public:
  explicit HttpApp(std::uint16_t port);
  HttpApp(const HttpApp&) = delete;
  HttpApp& operator=(const HttpApp&) = delete;
  ~HttpApp();

  [[nodiscard]] bool listening() const noexcept { return listener_ >= 0; }

  // Serves until an event that holds `mark` has come and is answered. False where none comes in
  // time.
  bool serve_event(std::string_view mark, std::chrono::milliseconds patience);

 private:
  struct Connection {
    int fd = -1;
    std::string held;
  };

  // Whether an event with the mark was among what came.
  static bool serve(Connection& connection, std::string_view mark);
  void accept_one();

  int listener_ = -1;
  std::vector<Connection> connections_;
};

}  // namespace bench
