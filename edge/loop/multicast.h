// MulticastSocket: datagrams from and to a group of IPv4 hosts, on the interfaces that are chosen.
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "edge/loop/ipv4.h"
#include "edge/loop/uv_loop.h"

namespace edge {

// What goes no further than this machine is sent with kHost.
enum class Hops : std::uint8_t { kHost = 0, kAny = 255 };

struct Datagram {
  Ipv4 source{};
  int interface = 0;       // the index of the one by which it came
  std::string_view bytes;  // until the next one is read
};

// Other processes may have the same port. What is sent comes back to this machine's members, the
// sender too.
class MulticastSocket {
 public:
  // Errors: kUnavailable: the port is somebody's alone, or there is no IPv4.
  static Result<std::unique_ptr<MulticastSocket>> open(UvLoop& loop, const Ipv4& group,
                                                       std::uint16_t port);
  ~MulticastSocket();
  MulticastSocket(const MulticastSocket&) = delete;
  MulticastSocket& operator=(const MulticastSocket&) = delete;

  // What is sent to the group by this interface is received. Errors: kUnavailable.
  Status join(const Interface& interface) noexcept;
  void leave(const Interface& interface) noexcept;
  // From the interface's address. Errors: kUnavailable, where the interface takes nothing now.
  Status send(const Interface& interface, Hops hops, std::string_view bytes) noexcept;

  // A datagram that is longer than 9000 bytes is cut. Others run between many of them.
  // Errors: kCancelled, kDeadlineExceeded.
  Task<Result<Datagram>> next(Ctx ctx);

 private:
  struct ReadyWaiter final : Waiter {
    using Waiter::Waiter;
  };
  struct Closer {
    void operator()(uv_poll_t* handle) const noexcept;
  };

  MulticastSocket(UvLoop& loop, int fd, const Ipv4& group, std::uint16_t port);
  [[nodiscard]] Status set_membership(const Interface& interface, int option) noexcept;
  // Whether there was one.
  bool receive(Datagram& out) noexcept;

  int fd_;
  Ipv4 group_;
  std::uint16_t port_;
  ReadyWaiter waiter_;
  bool ready_ = false;
  unsigned in_a_row_ = 0;
  std::unique_ptr<uv_poll_t, Closer> poll_;
  std::array<char, 9000> buffer_;
};

}  // namespace edge
