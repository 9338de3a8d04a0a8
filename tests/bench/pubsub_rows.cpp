// pubsub.sqlite by itself: what it costs to publish, and to publish and process.
//
//   bench_pubsub keep FILE AT_ONCE SECONDS DATA_BYTES     an app that is away
//   bench_pubsub process FILE AT_ONCE SECONDS DATA_BYTES  an app that processes at once
//
// AT_ONCE publishers each publish the next message when the last one was answered. Prints "MESSAGES
// NANOSECONDS BYTES_WRITTEN": the last as what went to the disk.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "components/pubsub/sqlite.h"
#include "edge/loop/uv_loop.h"

namespace {

using namespace edge;

struct Run {
  UvLoop loop;
  store::OpenFiles files;
  pubsub::SqliteBus* bus = nullptr;
  std::string data;
  TimePoint end;
  long published = 0;
  long processed = 0;
};

void check(const Status& done, const char* what) {
  if (done) return;
  std::fprintf(stderr, "bench_pubsub: %s: %s\n", what, done.error().message.c_str());
  std::exit(1);
}

long bytes_written() {
  std::FILE* file = std::fopen("/proc/self/io", "r");
  char name[32];
  long value = 0;
  long written = 0;
  while (file != nullptr && std::fscanf(file, "%31s %ld", name, &value) == 2) {
    if (std::strcmp(name, "write_bytes:") == 0) written = value;
  }
  if (file != nullptr) std::fclose(file);
  return written;
}

Task<Status> take(Run* run) {
  ++run->processed;
  co_return Status();
}

Task<void> publish(Run* run) {
  while (run->loop.now() < run->end) {
    pubsub::Publication publication{.app_id = "publisher",
                                    .topic = "topic",
                                    .data = run->data,
                                    .content_type = "",
                                    .metadata = {}};
    const auto answer = co_await run->bus->publish(Ctx::background(), std::move(publication));
    if (!answer) check(answer.error(), "publish");
    ++run->published;
  }
}

Task<void> publish_all(Run* run, int publishers) {
  TaskGroup group(run->loop, "publishers");
  for (int i = 0; i < publishers; ++i) group.spawn(publish(run));
  co_await group.wait();
}

Task<void> wait_for_processing(Run* run) {
  while (run->processed < run->published) {
    const auto slept =
        co_await sleep_for(run->loop, Ctx::background(), std::chrono::milliseconds(1));
    if (!slept) co_return;
  }
}

void measure(Run& now, char** argv) {
  const bool processes = std::strcmp(argv[1], "process") == 0;
  pubsub::SqliteBus bus({.name = "bench",
                         .metadata = {{"connectionString", argv[2]}},
                         .loop = now.loop,
                         .files = now.files,
                         .data_dir = ""});
  now.bus = &bus;
  now.data.assign(std::strtoul(argv[5], nullptr, 10), 'd');
  check(run(now.loop, bus.init(Ctx::background())), "open");
  auto subscription =
      run(now.loop,
          bus.subscribe(Ctx::background(), {.app_id = "app", .topic = "topic", .metadata = {}},
                        [&now](Ctx, const pubsub::Delivery&) { return take(&now); }));
  if (!subscription) check(subscription.error(), "subscribe");
  if (!processes) run(now.loop, (*subscription)->close());

  const long before = bytes_written();
  const auto begin = now.loop.now();
  now.end = begin + std::chrono::seconds(std::atoi(argv[4]));
  run(now.loop, publish_all(&now, std::atoi(argv[3])));
  if (processes) {
    run(now.loop, wait_for_processing(&now));
    run(now.loop, (*subscription)->close());
  }
  const auto took = now.loop.now() - begin;
  run(now.loop, bus.close());
  std::printf("%ld %lld %ld\n", now.published, static_cast<long long>(took.count()),
              bytes_written() - before);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: bench_pubsub keep|process FILE AT_ONCE SECONDS DATA_BYTES\n");
    return 2;
  }
  Run now;
  measure(now, argv);
  return 0;
}
