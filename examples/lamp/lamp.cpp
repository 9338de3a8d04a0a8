// A lamp: GET /status, PUT /on, PUT /off. It keeps in the hub's state store whether it is on, and
// so is again what it was when it is started again; it takes its colour from the hub's
// configuration, whenever that changes; and it tells everyone who subscribed to the topic "lamp".
//
// It is told by the environment: APP_PORT, where it listens; DAPR_HTTP_PORT, where its hub is;
// DAPR_API_TOKEN, what it shows to the hub.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <nlohmann/json.hpp>

#include "examples/lamp/http.h"

namespace lamp {
namespace {

using Json = nlohmann::json;

const std::string kState = "/v1.0/state/statestore";
const std::string kConfiguration = "/v1.0/configuration/configstore";
const std::string kColour = "lamp.color";
const std::string kTopic = "/v1.0/publish/pubsub/lamp";

std::string environment(const char* name, const char* fallback) {
  const char* value = std::getenv(name);
  return value == nullptr ? fallback : value;
}

std::uint16_t port(const char* variable, const char* fallback) {
  return static_cast<std::uint16_t>(std::atoi(environment(variable, fallback).c_str()));
}

class Lamp {
 public:
  // What the hub remembers and what it is configured to. False where the hub cannot be asked.
  bool restore() {
    const Answer on = ask_hub("GET", kState + "/on");
    const Answer watched = ask_hub("GET", kConfiguration + "/subscribe?key=" + kColour);
    const Answer colour = ask_hub("GET", kConfiguration + "?key=" + kColour);
    for (const Answer& answer : {on, watched, colour}) {
      if (answer.status == 200 || answer.status == 204) continue;
      std::fprintf(stderr, "lamp: the hub on port %u does not give what it should: %d %s\n", hub_,
                   answer.status, answer.body.c_str());
      return false;
    }
    on_ = on.body == "true";
    take_colour(Json::parse(colour.body, nullptr, false));
    show();
    return true;
  }

  Answer handle(const Request& request) {
    if (request.path == "/healthz") return {200, "{}"};
    if (request.path == "/status" && request.method == "GET") return status();
    if (request.path == "/on" && request.method == "PUT") return change(true);
    if (request.path == "/off" && request.method == "PUT") return change(false);
    if (request.path == "/configuration/configstore/" + kColour) return configure(request.body);
    return {404, R"({"error":"the lamp knows GET /status, PUT /on and PUT /off"})"};
  }

 private:
  [[nodiscard]] Answer ask_hub(const std::string& method, const std::string& path,
                               const std::string& body = "") const {
    return ask(hub_, {method, path, token_, body});
  }

  [[nodiscard]] Json look() const { return {{"on", on_}, {"color", colour_}}; }
  [[nodiscard]] Answer status() const { return {200, look().dump()}; }
  void show() const { std::printf("the lamp is %s, %s\n", on_ ? "on" : "off", colour_.c_str()); }

  // Only what is kept counts as switched.
  Answer change(bool on) {
    const Json item = {{"key", "on"}, {"value", on}};
    const Answer kept = ask_hub("POST", kState, Json::array({item}).dump());
    if (kept.status != 204) {
      std::fprintf(stderr, "lamp: the state was not kept: %d %s\n", kept.status, kept.body.c_str());
      return {503, R"({"error":"the hub does not keep the lamp's state; see the lamp's log"})"};
    }
    on_ = on;
    show();
    const Answer told = ask_hub("POST", kTopic, look().dump());
    if (told.status != 204) {
      std::fprintf(stderr, "lamp: nobody was told: %d %s\n", told.status, told.body.c_str());
    }
    return status();
  }

  // The hub calls when a key that the lamp subscribed to has changed.
  Answer configure(const std::string& body) {
    const Json update = Json::parse(body, nullptr, false);
    take_colour(update.is_object() ? update.value("items", Json::object()) : Json::object());
    show();
    return {200, "{}"};
  }

  // From keys to their items. A key that is not there or was deleted leaves it white.
  void take_colour(const Json& items) {
    colour_ = "white";
    if (!items.is_object() || !items.contains(kColour)) return;
    const std::string value = items[kColour].value("value", "");
    if (!value.empty()) colour_ = value;
  }

  std::uint16_t hub_ = port("DAPR_HTTP_PORT", "3500");
  std::string token_ = environment("DAPR_API_TOKEN", "");
  bool on_ = false;
  std::string colour_;
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
