#include "edge/cli/run/ports.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

#include "edge/cli/run/child.h"

namespace edge::cli {

Result<std::vector<std::uint16_t>> free_ports(std::size_t count) {
  std::vector<Descriptor> held;  // until all are found, so that they differ
  std::vector<std::uint16_t> ports;
  while (ports.size() < count) {
    held.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* name = reinterpret_cast<sockaddr*>(&address);
    if (::bind(held.back().get(), name, size) != 0 ||
        ::getsockname(held.back().get(), name, &size) != 0) {
      return Error{Code::kResourceExhausted,
                   std::string("no free port on 127.0.0.1: ") + std::strerror(errno)};
    }
    ports.push_back(ntohs(address.sin_port));
  }
  return ports;
}

}  // namespace edge::cli
