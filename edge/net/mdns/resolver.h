// Resolver: finds where the services of a type are, and remembers it for a while.
//
// All is bounded: names, instances of each, questions a second, how long anybody waits.
// Source: RFC 6762 §5.2, §10.1; wire reference §1.6, §14.9.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "edge/loop/loop.h"
#include "edge/loop/sync.h"
#include "edge/net/mdns/link.h"

namespace edge::mdns {

struct Endpoint {
  Ipv4 address{};
  std::uint16_t port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// Who sent a message: a process here may name an address that only this machine can use.
enum class Sender : std::uint8_t { kThisMachine, kElsewhere };

class Resolver {
 public:
  // Loop and link outlive it.
  Resolver(Loop& loop, Link& link);

  // Returns once an instance is known; those who seek the same share the questions.
  // Errors: kNotFound "couldn't find service: lamp" after 1.5 s, and at once in the 3 s after that;
  // kResourceExhausted where too many names are sought; kCancelled, kDeadlineExceeded.
  Task<Status> seek(Ctx ctx, std::string name);

  // One of the instances that are known, another each time. Nothing where none is.
  std::optional<Endpoint> next(std::string_view name);
  // It could not be reached: it is forgotten until it is heard of again.
  void forget(std::string_view name, const Endpoint& endpoint);

  // Learns what is said of names that are sought here.
  void heard(const Message& response, Sender sender);

 private:
  struct Instance {
    Name name;
    Name host;
    Endpoint endpoint;
    bool addressed = false;
    TimePoint heard;
    TimePoint expires;
  };
  struct Entry {
    Entry(Loop& loop, Name named) : type(std::move(named)), found(loop) {}
    Name type;
    std::vector<Instance> instances;
    std::size_t turn = 0;
    std::optional<TimePoint> asked;
    std::optional<TimePoint> missed;  // when it was sought in vain
    TimePoint used;
    std::size_t seekers = 0;
    Event found;
  };
  using EntryPtr = std::shared_ptr<Entry>;

  [[nodiscard]] Result<EntryPtr> entry_of(const std::string& name);
  [[nodiscard]] Entry* find(std::string_view name);
  bool make_room();
  Task<Status> wait_for(Ctx ctx, EntryPtr entry);
  [[nodiscard]] bool has_live(Entry& entry) const;
  bool ask(Entry& entry);
  bool take_turn();
  void learn_service(Entry& entry, const Record& record);
  void learn_address(const Record& record);

  Loop& loop_;
  Link& link_;
  std::map<std::string, EntryPtr, std::less<>> entries_;
  std::uint32_t turns_;  // questions that may be asked now
  TimePoint refilled_;
};

}  // namespace edge::mdns
