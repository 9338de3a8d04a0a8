// Just enough HTTP/1.1 for the lamp: one request on each connection, small bodies.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace lamp {

struct Request {
  std::string method;
  std::string path;
  std::string body;
};

struct Answer {
  int status = 0;  // 0: nobody answered
  std::string body;
};

// Answers requests on 127.0.0.1, one at a time, until the process is ended.
// Gives 1 where the port cannot be had.
int serve(std::uint16_t port, const std::function<Answer(const Request&)>& handler);

struct Call {
  std::string method;
  std::string path;
  std::string token;  // "": none
  std::string body;   // JSON
};

// Asks a server on 127.0.0.1.
Answer ask(std::uint16_t port, const Call& call);

}  // namespace lamp
