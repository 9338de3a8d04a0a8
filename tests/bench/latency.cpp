// Latency of several servers that take turns request by request, so that what the machine does to
// one it does to all.
//
//   bench_latency SECONDS RATE PATH PORT...
//
// RATE is requests a second for each server, 0 for the next as soon as the last is answered.
// Prints "PORT COUNT P50 P99", in nanoseconds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/http_client.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Server {
  std::uint16_t port = 0;
  std::unique_ptr<bench::HttpClient> client = std::make_unique<bench::HttpClient>();
  std::vector<std::int64_t> samples;  // nanoseconds
};

void ask(Server& server, const std::string& request) {
  const auto began = Clock::now();
  const int status = server.client->exchange(request);
  const auto took = Clock::now() - began;
  if (status != 200) {
    std::fprintf(stderr, "bench_latency: port %u answered %d\n", server.port, status);
    std::exit(1);
  }
  server.samples.push_back(std::chrono::duration_cast<std::chrono::nanoseconds>(took).count());
}

std::int64_t quantile(const std::vector<std::int64_t>& sorted, double share) {
  const auto last = static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<std::size_t>(share * last)];
}

void print(Server& server) {
  std::ranges::sort(server.samples);
  std::printf("%u %zu %lld %lld\n", server.port, server.samples.size(),
              static_cast<long long>(quantile(server.samples, 0.5)),
              static_cast<long long>(quantile(server.samples, 0.99)));
}

// Asks each server once a round, in an order that changes.
void measure(std::vector<Server>& servers, const std::string& request, double seconds,
             std::uint64_t rate) {
  std::minstd_rand random(1);
  const auto step = rate == 0 ? std::chrono::nanoseconds(0)
                              : std::chrono::nanoseconds(std::chrono::seconds(1)) /
                                    static_cast<std::int64_t>(rate * servers.size());
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  auto due = Clock::now();
  while (Clock::now() < end) {
    std::ranges::shuffle(servers, random);
    for (Server& server : servers) {
      due += step;
      if (rate != 0) std::this_thread::sleep_until(due);
      ask(server, request);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fputs("usage: bench_latency SECONDS RATE PATH PORT...\n", stderr);
    return 2;
  }
  const std::string request = bench::get_request(argv[3]);
  std::vector<Server> servers(static_cast<std::size_t>(argc - 4));
  for (std::size_t i = 0; i < servers.size(); ++i) {
    servers[i].port = static_cast<std::uint16_t>(bench::to_number(argv[i + 4]));
    servers[i].samples.reserve(1 << 20);
    if (!servers[i].client->connect(servers[i].port)) {
      std::fprintf(stderr, "bench_latency: nothing listens on port %u\n", servers[i].port);
      return 1;
    }
    for (int warm_up = 0; warm_up < 100; ++warm_up) ask(servers[i], request);
    servers[i].samples.clear();
  }
  measure(servers, request, std::atof(argv[1]), bench::to_number(argv[2]));
  for (Server& server : servers) print(server);
}
