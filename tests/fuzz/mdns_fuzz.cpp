// Any bytes as a message of multicast DNS: it is read, and learned from, within bounds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "edge/loop/sim_loop.h"
#include "edge/loop/task_group.h"
#include "edge/net/mdns/resolver.h"
#include "edge/net/mdns/responder.h"

namespace edge::mdns {
namespace {

class NoLink final : public Link {
 public:
  void ask(std::string_view) override {}
  void tell(const Service&) override {}
  void tell_gone(const Service&) override {}
};

Task<void> seek(Resolver* resolver, Ctx ctx) {
  auto sought = co_await resolver->seek(ctx, "lamp");
  if (sought && !resolver->next("lamp")) std::abort();
}

void check(bool holds) {
  if (!holds) std::abort();
}

void hear(const Message& message) {
  SimLoop loop;
  NoLink link;
  const Service lamp{name_of({"lamp", "local"}), name_of({"hub:7", "lamp", "local"}),
                     name_of({"hub", "local"}), 7, "lamp"};
  Responder responder(loop, link, {lamp});
  Resolver resolver(loop, link);
  TaskGroup group(loop, "fuzz");
  group.spawn(seek(&resolver, group.ctx()));
  responder.heard(message);
  resolver.heard(message, Sender::kThisMachine);
  loop.advance(std::chrono::seconds(2));
  run(loop, group.close());
}

void read(std::string_view packet) {
  const auto message = parse(packet);
  if (!message) return;
  check(message->questions.size() <= 64 && message->records.size() <= 256);
  for (const Record& record : message->records) {
    check(record.name.size() <= 255 && record.target.size() <= 255);
  }
  hear(*message);
}

}  // namespace
}  // namespace edge::mdns

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  edge::mdns::read({reinterpret_cast<const char*>(data), size});
  return 0;
}
