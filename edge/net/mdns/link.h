// Link: where messages of multicast DNS leave.
#pragma once

#include <string_view>

#include "edge/net/mdns/message.h"

namespace edge::mdns {

class Link {
 public:
  virtual ~Link() = default;
  // Sends a question to everybody who may be asked.
  virtual void ask(std::string_view packet) = 0;
  // Says to everybody who can reach the service that it is there, and by which address.
  virtual void tell(const Service& service) = 0;
  // Says to the same that it is no more.
  virtual void tell_gone(const Service& service) = 0;
};

}  // namespace edge::mdns
