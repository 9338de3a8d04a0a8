#include "edge/loop/multicast.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace edge {
namespace {

// After so many datagrams in a row whatever else is ready has its turn.
constexpr unsigned kInARow = 16;
constexpr std::size_t kMostInterfaces = 32;

in_addr wire_form(const Ipv4& address) noexcept {
  in_addr out{};
  std::memcpy(&out.s_addr, address.data(), address.size());
  return out;
}

Ipv4 address_of(const sockaddr& from) noexcept {
  sockaddr_in in{};
  std::memcpy(&in, &from, sizeof in);
  Ipv4 out{};
  std::memcpy(out.data(), &in.sin_addr, out.size());
  return out;
}

sockaddr_in socket_address(const Ipv4& address, std::uint16_t port) noexcept {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr = wire_form(address);
  return out;
}

// Room for one in_pktinfo.
struct alignas(cmsghdr) Control {
  std::array<char, CMSG_SPACE(sizeof(in_pktinfo))> bytes{};
};

msghdr message_of(void* address, socklen_t size, iovec& data, Control& control) noexcept {
  msghdr message{};
  message.msg_name = address;
  message.msg_namelen = size;
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  return message;
}

Error socket_error(const char* what) {
  return {Code::kUnavailable, std::string(what) + ": " + std::strerror(errno)};
}

Status set(int fd, int level, int option, int value) {
  if (::setsockopt(fd, level, option, &value, sizeof value) == 0) return {};
  return socket_error("set socket option");
}

// Bound to the group, so that nobody's unicast datagrams come here; only groups joined here count.
Status prepare(int fd, const sockaddr_in& group) {
  if (auto done = set(fd, SOL_SOCKET, SO_REUSEADDR, 1); !done) return done;
  if (auto done = set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0); !done) return done;
  if (auto done = set(fd, IPPROTO_IP, IP_PKTINFO, 1); !done) return done;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&group), sizeof group) == 0) return {};
  return socket_error("bind");
}

// What else the kernel knows of an interface that it has named. Nothing where it is down.
std::optional<Interface> look_at(int fd, const ifreq& named) noexcept {
  Interface found;
  found.address = address_of(named.ifr_addr);
  ifreq asked = named;
  if (::ioctl(fd, SIOCGIFFLAGS, &asked) != 0 || (asked.ifr_flags & IFF_UP) == 0) return {};
  if (::ioctl(fd, SIOCGIFINDEX, &asked) != 0) return {};
  found.index = asked.ifr_ifindex;
  return found;
}

}  // namespace

std::optional<Ipv4> parse_ipv4(const std::string& text) {
  Ipv4 out{};
  if (::inet_pton(AF_INET, text.c_str(), out.data()) != 1) return {};
  return out;
}

std::string to_text(const Ipv4& address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET, address.data(), text.data(), text.size());
  return text.data();
}

std::vector<Interface> ipv4_interfaces() {
  std::vector<Interface> found;
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return found;
  std::array<ifreq, kMostInterfaces> all{};
  ifconf list{};
  list.ifc_len = sizeof all;
  list.ifc_req = all.data();
  const bool listed = ::ioctl(fd, SIOCGIFCONF, &list) == 0;
  const std::size_t count = listed ? static_cast<std::size_t>(list.ifc_len) / sizeof(ifreq) : 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto one = look_at(fd, all.at(i));
    const bool known = one && std::any_of(found.begin(), found.end(), [&](const Interface& other) {
                         return other.index == one->index;
                       });
    if (one && !known) found.push_back(*one);
  }
  ::close(fd);
  return found;
}

Result<std::unique_ptr<MulticastSocket>> MulticastSocket::open(UvLoop& loop, const Ipv4& group,
                                                               std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return socket_error("open a UDP socket");
  if (auto done = prepare(fd, socket_address(group, port)); !done) {
    ::close(fd);
    return done.error().within("UDP port " + std::to_string(port));
  }
  return std::unique_ptr<MulticastSocket>(new MulticastSocket(loop, fd, group, port));
}

MulticastSocket::MulticastSocket(UvLoop& loop, int fd, const Ipv4& group, std::uint16_t port)
    : fd_(fd), group_(group), port_(port), waiter_(loop), poll_(new uv_poll_t{}) {
  uv_poll_init(loop.uv(), poll_.get(), fd);
  poll_->data = this;
}

MulticastSocket::~MulticastSocket() {
  poll_.reset();
  ::close(fd_);
}

void MulticastSocket::Closer::operator()(uv_poll_t* handle) const noexcept {
  uv_close(reinterpret_cast<uv_handle_t*>(handle),
           [](uv_handle_t* closed) noexcept { delete reinterpret_cast<uv_poll_t*>(closed); });
}

Status MulticastSocket::set_membership(const Interface& interface, int option) noexcept {
  ip_mreqn wanted{};
  wanted.imr_multiaddr = wire_form(group_);
  wanted.imr_ifindex = interface.index;
  if (::setsockopt(fd_, IPPROTO_IP, option, &wanted, sizeof wanted) == 0) return {};
  return socket_error("join the group");
}

Status MulticastSocket::join(const Interface& interface) noexcept {
  return set_membership(interface, IP_ADD_MEMBERSHIP);
}

void MulticastSocket::leave(const Interface& interface) noexcept {
  static_cast<void>(set_membership(interface, IP_DROP_MEMBERSHIP).has_value());
}

Status MulticastSocket::send(const Interface& interface, Hops hops,
                             std::string_view bytes) noexcept {
  if (auto done = set(fd_, IPPROTO_IP, IP_MULTICAST_TTL, static_cast<int>(hops)); !done) {
    return done;
  }
  sockaddr_in to = socket_address(group_, port_);
  in_pktinfo from{};
  from.ipi_ifindex = interface.index;
  from.ipi_spec_dst = wire_form(interface.address);
  iovec data{const_cast<char*>(bytes.data()), bytes.size()};
  Control control;
  msghdr message = message_of(&to, sizeof to, data, control);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = IPPROTO_IP;
  header->cmsg_type = IP_PKTINFO;
  header->cmsg_len = CMSG_LEN(sizeof from);
  std::memcpy(CMSG_DATA(header), &from, sizeof from);
  if (::sendmsg(fd_, &message, MSG_NOSIGNAL) >= 0) return {};
  return socket_error("send to the group");
}

bool MulticastSocket::receive(Datagram& out) noexcept {
  sockaddr from{};
  iovec data{buffer_.data(), buffer_.size()};
  Control control;
  msghdr message = message_of(&from, sizeof from, data, control);
  const ssize_t got = ::recvmsg(fd_, &message, 0);
  if (got < 0) return false;
  out.source = address_of(from);
  out.bytes = {buffer_.data(), static_cast<std::size_t>(got)};
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_type == IP_PKTINFO) {
    in_pktinfo info{};
    std::memcpy(&info, CMSG_DATA(header), sizeof info);
    out.interface = info.ipi_ifindex;
  }
  return true;
}

Task<Result<Datagram>> MulticastSocket::next(Ctx ctx) {
  Datagram out;
  const auto on_ready = [](uv_poll_t* handle, int, int) noexcept {
    auto* self = static_cast<MulticastSocket*>(handle->data);
    uv_poll_stop(handle);
    self->ready_ = true;
    self->waiter_.wake();
  };
  while (!ctx.cancelled()) {
    if (in_a_row_ < kInARow && receive(out)) {
      ++in_a_row_;
      co_return out;
    }
    in_a_row_ = 0;
    ready_ = false;
    uv_poll_start(poll_.get(), UV_READABLE, on_ready);
    ParkAwaiter awaiter{waiter_, ctx, ready_};
    co_await awaiter;
  }
  uv_poll_stop(poll_.get());
  co_return ctx.error();
}

}  // namespace edge
