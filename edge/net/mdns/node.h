// Node: this process's place in multicast DNS, on every interface with an IPv4 address.
//
// What concerns this machine only leaves with a hop limit of 0, so that no other host hears it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "edge/loop/multicast.h"
#include "edge/loop/task_group.h"
#include "edge/net/mdns/resolver.h"
#include "edge/net/mdns/responder.h"

namespace edge::mdns {

// Where a name is sought. kWhereReachable: on the networks from which the port can be reached, and
// on this machine.
enum class Seeking : std::uint8_t { kWhereReachable, kEverywhere };

struct NodeSettings {
  std::string host_name;
  int process = 0;
  std::vector<std::string> names;  // of the services here: "lamp"
  std::uint16_t port = 0;          // theirs; 0: it only seeks
  std::string listen_host;         // where that listens; "" every interface
  Seeking seeking = Seeking::kWhereReachable;
};

// How an interface is used.
struct Way {
  Interface via;
  Hops hops = Hops::kHost;    // of questions, and whether others are listened to
  std::optional<Ipv4> shown;  // the address that is told there
};

Way way_by(const Interface& via, const NodeSettings& settings);

class Node final : public Link {
 public:
  // Errors: kUnavailable, where there is no multicast.
  static Result<std::unique_ptr<Node>> open(UvLoop& loop, NodeSettings settings);

  // Runs in `tasks`, which is closed before the node goes.
  void start(TaskGroup& tasks);
  void say_goodbye() { responder_.say_goodbye(); }
  [[nodiscard]] Resolver& resolver() noexcept { return resolver_; }

  void ask(std::string_view packet) override;
  void tell(const Service& service) override;
  void tell_gone(const Service& service) override;

 private:
  Node(UvLoop& loop, NodeSettings settings, std::unique_ptr<MulticastSocket> socket);
  Task<void> read(Ctx ctx);
  Task<void> watch(Ctx ctx);
  // Follows the interfaces that come and go.
  void look();
  void take(const Datagram& datagram);
  [[nodiscard]] bool is_own(const Ipv4& address) const noexcept;
  [[nodiscard]] bool listens_to(int interface) const noexcept;

  UvLoop& loop_;
  NodeSettings settings_;
  std::unique_ptr<MulticastSocket> socket_;
  std::vector<Interface> seen_;
  std::vector<Way> ways_;  // of those that could be joined
  Responder responder_;
  Resolver resolver_;
};

}  // namespace edge::mdns
