#include "edge/net/mdns/node.h"

#include <algorithm>

#include "edge/base/log.h"

namespace edge::mdns {
namespace {

constexpr Ipv4 kGroup{224, 0, 0, 251};
constexpr std::uint16_t kPort = 5353;
constexpr std::string_view kScope = "edge.mdns";
constexpr Duration kLookEvery = std::chrono::seconds(10);
constexpr std::size_t kLongestLabel = 63;
constexpr std::size_t kLongestHost = 40;
constexpr unsigned kTagDigits = 6;

// A name of its own: another responder may answer for the machine's, and hosts that were made of
// one image have one name and the same process ids.
std::string host_label(const std::string& host_name, Random& random) {
  std::string label = host_name.substr(0, std::min(host_name.find('.'), kLongestHost)) + "-";
  std::uint64_t tag = random.next_u64();
  for (unsigned i = 0; i < kTagDigits; ++i, tag >>= 4U) label += "0123456789abcdef"[tag & 0xfU];
  return label;
}

std::vector<Service> services_of(const NodeSettings& settings, Random& random) {
  std::vector<Service> services;
  if (settings.port == 0) return services;
  const std::string host = host_label(settings.host_name, random);
  const std::string instance = host + ":" + std::to_string(settings.process);
  for (const std::string& name : settings.names) {
    if (name.empty() || name.size() > kLongestLabel) {
      log::warn(kScope, "an app id of more than 63 bytes cannot be announced", {{"app", name}});
      continue;
    }
    services.push_back({name_of({name, "local"}), name_of({instance, name, "local"}),
                        name_of({host, "local"}), settings.port, name});
  }
  return services;
}

bool is_everywhere(const std::string& host) {
  return host.empty() || host == "0.0.0.0" || host == "::";
}

// The address by which a port that listens at `host` is reached through an interface.
std::optional<Ipv4> address_by(const Interface& via, const std::string& host) {
  if (is_everywhere(host)) return via.address;
  const auto address = parse_ipv4(host == "localhost" ? "127.0.0.1" : host);
  if (address && (is_loopback(*address) || *address == via.address)) return address;
  return {};
}

bool is_told(const std::string& host) {
  return is_everywhere(host) || host == "localhost" || parse_ipv4(host);
}

Hops hops_of(const Ipv4& shown) {
  return is_loopback(shown) ? Hops::kHost : Hops::kAny;
}

}  // namespace

Way way_by(const Interface& via, const NodeSettings& settings) {
  Way way{via, Hops::kHost, {}};
  if (settings.port != 0) way.shown = address_by(via, settings.listen_host);
  if (way.shown) way.hops = hops_of(*way.shown);
  if (settings.seeking == Seeking::kEverywhere) way.hops = Hops::kAny;
  return way;
}

Result<std::unique_ptr<Node>> Node::open(UvLoop& loop, NodeSettings settings) {
  auto socket = MulticastSocket::open(loop, kGroup, kPort);
  if (!socket) return socket.error();
  if (settings.port != 0 && !is_told(settings.listen_host)) {
    log::warn(kScope, "apps are not announced: the internal port listens at no IPv4 address",
              {{"address", settings.listen_host}});
  }
  return std::unique_ptr<Node>(new Node(loop, std::move(settings), std::move(*socket)));
}

Node::Node(UvLoop& loop, NodeSettings settings, std::unique_ptr<MulticastSocket> socket)
    : loop_(loop),
      settings_(std::move(settings)),
      socket_(std::move(socket)),
      responder_(loop, *this, services_of(settings_, loop.random())),
      resolver_(loop, *this) {}

void Node::start(TaskGroup& tasks) {
  look();
  tasks.spawn(read(tasks.ctx()));
  tasks.spawn(watch(tasks.ctx()));
}

Task<void> Node::watch(Ctx ctx) {
  while (true) {
    auto slept = co_await sleep_for(loop_, ctx, kLookEvery);
    if (!slept) co_return;
    look();
  }
}

void Node::look() {
  std::vector<Interface> now = ipv4_interfaces();
  if (now == seen_) return;
  for (const Way& way : ways_) socket_->leave(way.via);
  ways_.clear();
  for (const Interface& one : now) {
    if (auto joined = socket_->join(one); !joined) {
      log::debug(kScope, joined.error().message, {{"address", to_text(one.address)}});
      continue;
    }
    ways_.push_back(way_by(one, settings_));
  }
  seen_ = std::move(now);
  responder_.announce();
}

Task<void> Node::read(Ctx ctx) {
  while (true) {
    auto datagram = co_await socket_->next(ctx);
    if (!datagram) co_return;
    take(*datagram);
  }
}

void Node::take(const Datagram& datagram) {
  const bool own = is_own(datagram.source);
  if (!own && !listens_to(datagram.interface)) return;
  auto message = parse(datagram.bytes);
  if (!message) return;
  if (message->kind == Kind::kQuery) {
    responder_.heard(*message);
    return;
  }
  std::erase_if(message->records,
                [&](const Record& record) { return responder_.offers(record.name); });
  resolver_.heard(*message, own ? Sender::kThisMachine : Sender::kElsewhere);
}

bool Node::is_own(const Ipv4& address) const noexcept {
  return is_loopback(address) || std::any_of(seen_.begin(), seen_.end(), [&](const Interface& one) {
           return one.address == address;
         });
}

bool Node::listens_to(int interface) const noexcept {
  return std::any_of(ways_.begin(), ways_.end(), [&](const Way& way) {
    return way.via.index == interface && way.hops == Hops::kAny;
  });
}

void Node::ask(std::string_view packet) {
  for (const Way& way : ways_) {
    static_cast<void>(socket_->send(way.via, way.hops, packet).has_value());
  }
}

void Node::tell(const Service& service) {
  for (const Way& way : ways_) {
    if (!way.shown) continue;
    const std::string packet = print_service(service, *way.shown);
    static_cast<void>(socket_->send(way.via, hops_of(*way.shown), packet).has_value());
  }
}

void Node::tell_gone(const Service& service) {
  const std::string packet = print_goodbye(service);
  for (const Way& way : ways_) {
    if (!way.shown) continue;
    static_cast<void>(socket_->send(way.via, hops_of(*way.shown), packet).has_value());
  }
}

}  // namespace edge::mdns
