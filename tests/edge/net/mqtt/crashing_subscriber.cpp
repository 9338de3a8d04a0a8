// A subscriber that is killed while its handler works: crashing_subscriber PORT CLIENT_ID TOPIC
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "edge/loop/uv_loop.h"
#include "edge/net/mqtt/subscriber.h"

namespace {

edge::Task<edge::Status> crash(edge::Ctx, edge::mqtt::Incoming message) {
  std::printf("got %s\n", message.payload.c_str());
  std::fflush(stdout);
  std::raise(SIGKILL);
  co_return edge::Status();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  edge::UvLoop loop;
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  edge::mqtt::Subscriber subscriber(
      loop, {.server = {.host = "127.0.0.1", .port = port}, .login = {.client_id = argv[2]}});
  subscriber.start();
  const auto added = run(loop, subscriber.add(edge::Ctx::background(), argv[3], crash));
  if (!added) return 3;
  std::puts("subscribed");
  std::fflush(stdout);
  loop.run_until([] { return false; });
}
