// A link that notes what is sent.
#pragma once

#include <string>
#include <vector>

#include "edge/net/mdns/link.h"

namespace edge::mdns {

class FakeLink final : public Link {
 public:
  void ask(std::string_view packet) override { questions.emplace_back(packet); }
  void tell(const Service& service) override { told.push_back(service.text); }
  void tell_gone(const Service& service) override { gone.push_back(service.text); }

  std::vector<std::string> questions;
  std::vector<std::string> told;
  std::vector<std::string> gone;
};

inline Service service(const std::string& name, const std::string& host = "hub",
                       std::uint16_t port = 50002) {
  return {name_of({name, "local"}), name_of({host + ":7", name, "local"}), name_of({host, "local"}),
          port, name};
}

inline Message parsed(std::string_view packet) {
  return parse(packet).value();
}

}  // namespace edge::mdns
