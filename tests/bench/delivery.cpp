// From publishing a message to its arrival at the app that subscribes, one message at a time.
//
//   bench_delivery hub SECONDS DATA_BYTES HUB_PORT APP_PORT PATH   the app answers on APP_PORT
//   bench_delivery mqtt SECONDS DATA_BYTES BROKER_PORT             QoS 1 from client to client
//
// The hub must deliver what is published at PATH to the app. Prints "MESSAGES P50 P99", in
// nanoseconds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/http_app.h"
#include "tests/bench/http_client.h"
#include "tests/bench/mqtt_client.h"

namespace {

using Clock = std::chrono::steady_clock;
constexpr int kWarmUp = 50;
constexpr std::chrono::seconds kPatience(10);

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "bench_delivery: %s\n", what);
  std::exit(1);
}

// `deliver` publishes one message and returns when it has arrived.
std::vector<std::int64_t> measure(double seconds, const std::function<void()>& deliver) {
  for (int i = 0; i < kWarmUp; ++i) deliver();
  std::vector<std::int64_t> times;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (Clock::now() < end) {
    const auto began = Clock::now();
    deliver();
    const auto took = Clock::now() - began;
    times.push_back(std::chrono::duration_cast<std::chrono::nanoseconds>(took).count());
  }
  std::ranges::sort(times);
  return times;
}

// The hub, and the app that it delivers to.
class Hub {
 public:
  Hub(std::string data, char** arguments)
      : app_(static_cast<std::uint16_t>(bench::to_number(arguments[1]))),
        path_(arguments[2]),
        data_(std::move(data)) {
    const auto port = static_cast<std::uint16_t>(bench::to_number(arguments[0]));
    if (!app_.listening() || !hub_.connect(port)) fail("the hub or its app has no port");
  }

  // A bus in memory drops what it gets before the hub has found the app.
  void wait_until_subscribed() {
    const auto end = Clock::now() + kPatience;
    while (Clock::now() < end) {
      publish();
      if (app_.serve_event(mark(), std::chrono::milliseconds(100))) return;
    }
    fail("the hub does not deliver");
  }

  void deliver() {
    publish();
    if (!app_.serve_event(mark(), kPatience)) fail("a message did not arrive in 10 s");
  }

 private:
  [[nodiscard]] std::string mark() const { return "\"" + std::to_string(count_) + "-"; }

  void publish() {
    ++count_;
    std::string body = mark() + data_;
    body.resize(data_.size());
    body += '"';
    const int status = hub_.exchange("POST " + path_ +
                                     " HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                     "Content-Type: application/json\r\nContent-Length: " +
                                     std::to_string(body.size()) + "\r\n\r\n" + body);
    if (status != 204) fail("the hub refused a message");
  }

  bench::HttpApp app_;
  bench::HttpClient hub_;
  std::string path_;
  std::string data_;
  long count_ = 0;
};

std::vector<std::int64_t> through_hub(double seconds, const std::string& data, char** arguments) {
  Hub hub(data, arguments);
  hub.wait_until_subscribed();
  return measure(seconds, [&hub] { hub.deliver(); });
}

std::vector<std::int64_t> through_broker(double seconds, const std::string& data, char** ports) {
  const auto port = static_cast<std::uint16_t>(bench::to_number(ports[0]));
  bench::MqttClient publisher;
  bench::MqttClient subscriber;
  const bool ready = publisher.connect(port, "from") && subscriber.connect(port, "to") &&
                     subscriber.subscribe("topic");
  if (!ready) fail("no broker");
  return measure(seconds, [&] {
    using Packet = bench::MqttClient::Packet;
    if (!publisher.publish("topic", data)) fail("a connection broke");
    if (subscriber.read() != Packet::kPublish) fail("a message did not arrive");
    if (publisher.read() != Packet::kPublished) fail("no acknowledgement");
  });
}

}  // namespace

int main(int argc, char** argv) {
  const bool hub = argc == 7 && std::strcmp(argv[1], "hub") == 0;
  if (!hub && !(argc == 5 && std::strcmp(argv[1], "mqtt") == 0)) {
    std::fputs(
        "usage: bench_delivery hub SECONDS DATA_BYTES HUB_PORT APP_PORT PATH\n"
        "       bench_delivery mqtt SECONDS DATA_BYTES BROKER_PORT\n",
        stderr);
    return 2;
  }
  const double seconds = std::atof(argv[2]);
  const std::string data(bench::to_number(argv[3]), 'd');
  const auto times =
      hub ? through_hub(seconds, data, argv + 4) : through_broker(seconds, data, argv + 4);
  if (times.empty()) fail("nothing was delivered");
  std::printf("%zu %lld %lld\n", times.size(), static_cast<long long>(times[times.size() / 2]),
              static_cast<long long>(times[times.size() * 99 / 100]));
}
