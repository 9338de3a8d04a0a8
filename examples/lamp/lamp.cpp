// A lamp: GET /status, PUT /on, PUT /off. It keeps in the hub's state store whether it is on, and
// so is again what it was when it is started again.
//
// It is told by the environment: APP_PORT, where it listens; DAPR_HTTP_PORT, where its hub is;
// DAPR_API_TOKEN, what it shows to the hub.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "examples/lamp/http.h"

namespace lamp {
namespace {

constexpr const char* kStatePath = "/v1.0/state/statestore";

std::string environment(const char* name, const char* fallback) {
  const char* value = std::getenv(name);
  return value == nullptr ? fallback : value;
}

std::uint16_t port(const char* variable, const char* fallback) {
  return static_cast<std::uint16_t>(std::atoi(environment(variable, fallback).c_str()));
}

class Lamp {
 public:
  // What the hub remembers. False where the hub cannot be asked.
  bool restore() {
    const Answer answer = ask(hub_, {"GET", std::string(kStatePath) + "/on", token_, ""});
    if (answer.status != 200 && answer.status != 204) {
      std::fprintf(stderr, "lamp: the hub on port %u does not give its state: %d %s\n", hub_,
                   answer.status, answer.body.c_str());
      return false;
    }
    on_ = answer.body == "true";
    std::printf("the lamp is %s\n", on_ ? "on" : "off");
    return true;
  }

  Answer handle(const Request& request) {
    if (request.path == "/healthz") return {200, "{}"};
    if (request.path == "/status" && request.method == "GET") return status();
    if (request.path == "/on" && request.method == "PUT") return change(true);
    if (request.path == "/off" && request.method == "PUT") return change(false);
    return {404, R"({"error":"the lamp knows GET /status, PUT /on and PUT /off"})"};
  }

 private:
  [[nodiscard]] Answer status() const { return {200, on_ ? R"({"on":true})" : R"({"on":false})"}; }

  // Only what is kept counts as switched.
  Answer change(bool on) {
    const std::string item =
        std::string(R"([{"key":"on","value":)") + (on ? "true" : "false") + "}]";
    const Answer kept = ask(hub_, {"POST", kStatePath, token_, item});
    if (kept.status != 204) {
      std::fprintf(stderr, "lamp: the state was not kept: %d %s\n", kept.status, kept.body.c_str());
      return {503, R"({"error":"the hub does not keep the lamp's state; see the lamp's log"})"};
    }
    on_ = on;
    std::printf("the lamp is %s\n", on_ ? "on" : "off");
    return status();
  }

  std::uint16_t hub_ = port("DAPR_HTTP_PORT", "3500");
  std::string token_ = environment("DAPR_API_TOKEN", "");
  bool on_ = false;
};

}  // namespace
}  // namespace lamp

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  lamp::Lamp lamp;
  if (!lamp.restore()) return 1;
  return lamp::serve(lamp::port("APP_PORT", "9001"),
                     [&lamp](const lamp::Request& request) { return lamp.handle(request); });
}
