// A blocking HTTP/1.1 client over one loopback connection: one request, one whole answer.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

class HttpClient {
 public:
  HttpClient() = default;
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient() { close(); }

  // False where nothing listens.
  bool connect(std::uint16_t port);
  void close();

  // The status of the answer to `request` (a whole request, as bytes); 0 where the connection
  // broke.
  int exchange(std::string_view request);

 private:
  bool fill();

  int fd_ = -1;
  std::size_t held_ = 0;
  std::array<char, 65536> buffer_;
};

// A connection to a loopback port, without delays; -1 where nothing listens.
int connect_to(std::uint16_t port);

// The value of Content-Length in a header block; 0 where there is none.
std::uint64_t content_length(std::string_view head);

std::string get_request(std::string_view path);
std::uint64_t to_number(std::string_view text);

}  // namespace bench
