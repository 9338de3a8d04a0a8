// Publishers of a broker at QoS 1, each with one message under way.
//
//   bench_mqtt PORT PUBLISHERS SECONDS DATA_BYTES
//
// Prints "MESSAGES NANOSECONDS P50 P99": how many were acknowledged, in what time, and quantiles of
// one, in nanoseconds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <poll.h>
#include <string>
#include <vector>

#include "tests/bench/http_client.h"
#include "tests/bench/mqtt_client.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Publisher {
  bench::MqttClient client;
  Clock::time_point sent;
};

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "bench_mqtt: %s\n", what);
  std::exit(1);
}

std::int64_t since(Clock::time_point began) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - began).count();
}

void publish(Publisher& publisher, const std::string& data) {
  publisher.sent = Clock::now();
  if (!publisher.client.publish("topic", data)) fail("a connection broke");
}

std::vector<std::int64_t> measure(std::vector<Publisher>& all, const std::string& data,
                                  double seconds) {
  std::vector<std::int64_t> times;
  std::vector<pollfd> waits;
  for (Publisher& publisher : all) {
    waits.push_back({publisher.client.fd(), POLLIN, 0});
    publish(publisher, data);
  }
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (Clock::now() < end) {
    ::poll(waits.data(), waits.size(), 1000);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (waits[i].revents == 0) continue;
      if (all[i].client.read() != bench::MqttClient::Packet::kPublished) fail("no acknowledgement");
      times.push_back(since(all[i].sent));
      publish(all[i], data);
    }
  }
  return times;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: bench_mqtt PORT PUBLISHERS SECONDS DATA_BYTES\n", stderr);
    return 2;
  }
  const auto port = static_cast<std::uint16_t>(bench::to_number(argv[1]));
  std::vector<Publisher> publishers(bench::to_number(argv[2]));
  for (std::size_t i = 0; i < publishers.size(); ++i) {
    if (!publishers[i].client.connect(port, "publisher" + std::to_string(i))) fail("no broker");
  }
  const std::string data(bench::to_number(argv[4]), 'd');
  const auto began = Clock::now();
  auto times = measure(publishers, data, std::atof(argv[3]));
  const auto took = since(began);
  if (times.empty()) fail("nothing was acknowledged");
  std::ranges::sort(times);
  std::printf("%zu %lld %lld %lld\n", times.size(), static_cast<long long>(took),
              static_cast<long long>(times[times.size() / 2]),
              static_cast<long long>(times[times.size() * 99 / 100]));
}
