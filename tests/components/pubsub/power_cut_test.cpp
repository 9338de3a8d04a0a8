// What was answered is there after a power cut, wherever it comes, and nothing else is:
// pubsub.sqlite and state.sqlite on a recorded disk.
#include "tests/support/power_cut.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "edge/loop/sim_loop.h"
#include "tests/components/pubsub/fixture.h"
#include "tests/components/state/fixture.h"
#include "tests/support/temp_dir.h"

namespace edge::pubsub {
namespace {

using test::RecordedDisk;
using test::Unsynced;
using Numbers = std::set<std::int64_t>;

Numbers numbers_of(const std::vector<test::Mark>& marks, const std::string& what) {
  Numbers numbers;
  for (const auto& mark : marks) {
    if (mark.what == what) numbers.insert(mark.number);
  }
  return numbers;
}

// From the environment, for a longer run: cut at one in EDGE_CUT_EVERY of the places that are not
// before a sync, and keep other parts of the unsynced writes EDGE_CUT_ROUNDS times.
std::size_t setting(const char* name, std::size_t fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : std::max<std::size_t>(1, std::strtoul(text, nullptr, 10));
}

std::vector<Unsynced> outcomes(const RecordedDisk::Replay& place) {
  if (place.is_synced()) return {Unsynced::kLost};
  std::vector<Unsynced> all = {Unsynced::kLost, Unsynced::kKept};
  all.resize(2 + setting("EDGE_CUT_ROUNDS", 1), Unsynced::kInParts);
  return all;
}

// Cuts the power wherever the disk would be left in another state; says how often.
void cut_everywhere(const RecordedDisk& disk,
                    const std::function<void(const std::string& folder,
                                             const std::vector<test::Mark>& marks)>& check) {
  const std::size_t every = setting("EDGE_CUT_EVERY", 4);
  SeededRandom random(7);
  std::size_t place = 0;
  std::size_t cuts = 0;
  disk.replay([&](const RecordedDisk::Replay& replay) {
    ++place;
    if (testing::Test::HasFailure()) return;
    if (!replay.before_sync() && place % every != 0) return;
    for (const auto unsynced : outcomes(replay)) {
      const test::TempDir dir;
      test::write_files(dir.path(), replay.cut(unsynced, random));
      SCOPED_TRACE("place " + std::to_string(place) + ", unsynced writes " +
                   std::to_string(static_cast<int>(unsynced)));
      check(dir.path(), replay.marks());
      ++cuts;
    }
  });
  std::cout << cuts << " power cuts at " << place << " places\n";
  testing::Test::RecordProperty("cuts", std::to_string(cuts));
  EXPECT_GT(cuts, 100U);
}

// As many bytes as make some messages fill pages of their own.
std::string body(std::int64_t number) {
  return std::to_string(number) + ":" +
         std::string(static_cast<std::size_t>(number * 37 % 700 + (number % 10 == 0 ? 9000 : 0)),
                     static_cast<char>('a' + number % 26));
}

std::int64_t number_of(const std::string& data) {
  return std::strtoll(data.c_str(), nullptr, 10);
}

std::string key_of(std::int64_t number) {
  return number % 3 == 0 ? "" : "key" + std::to_string(number % 3);
}

Metadata metadata_of(std::int64_t number) {
  const std::string key = key_of(number);
  return key.empty() ? Metadata{} : Metadata{{"partitionKey", key}};
}

components::Metadata fields(const std::string& folder) {
  return {{"connectionString", folder + "/queue.db"}, {"retryInterval", "10ms"}};
}

// Publishes, processes, restarts, and leaves marks of it.
class Script {
 public:
  explicit Script(std::string folder, RecordedDisk& disk)
      : folder_(std::move(folder)), disk_(disk) {}

  void run_all() {
    start();
    {
      Inbox worker(loop_);
      worker.judge = [this](const Delivery& delivery) { return process(delivery); };
      const auto subscribed = bus_->subscribe("worker", "t", worker);
      bus_->subscribe("archive", "t", worker).end();
      for (int i = 0; i < 12; ++i) publish(1);
      publish(10);
      settle(worker);
      pass(std::chrono::minutes(2));
      publish(3);
      settle(worker);
    }
    publish(2);
    bus_.reset();
    start();
    publish(2);
    Inbox worker(loop_);
    worker.judge = [this](const Delivery& delivery) { return process(delivery); };
    const auto subscribed = bus_->subscribe("worker", "t", worker);
    settle(worker);
    for (int i = 0; i < 10; ++i) publish(30);
    settle(worker);
    pass(std::chrono::minutes(2));
    publish(1);
    settle(worker);
  }

 private:
  void start() {
    bus_ = std::make_unique<RunningBus>(loop_, files_, "pubsub.sqlite", fields(folder_));
    ASSERT_TRUE(bus_->opened());
  }
  void pass(Duration time) { ASSERT_TRUE(run(loop_, sleep_for(loop_, Ctx::background(), time))); }

  void publish(int count) {
    std::vector<Publication> publications;
    for (int i = 0; i < count; ++i) {
      const std::int64_t number = ++last_;
      disk_.mark("offered", number);
      publications.push_back({.app_id = "publisher",
                              .topic = "t",
                              .data = body(number),
                              .content_type = "",
                              .metadata = metadata_of(number)});
    }
    for (const auto& answer : bus_->publish_all(std::move(publications))) ASSERT_TRUE(answer);
    for (std::int64_t number = last_ - count + 1; number <= last_; ++number) {
      disk_.mark("answered", number);
    }
  }

  // Every fourth message fails once.
  Status process(const Delivery& delivery) {
    const std::int64_t number = number_of(delivery.data);
    if (number % 4 == 0 && failed_.insert(number).second) {
      return Error{Code::kInternal, "not now"};
    }
    disk_.mark("processed", number);
    processed_.insert(number);
    return {};
  }

  void settle(Inbox& worker) {
    ASSERT_TRUE(
        worker.wait_until([this] { return processed_.size() == static_cast<std::size_t>(last_); }));
  }

  const std::string folder_;
  RecordedDisk& disk_;
  SimLoop loop_;
  store::OpenFiles files_;
  std::unique_ptr<RunningBus> bus_;
  std::int64_t last_ = 0;
  Numbers processed_;
  Numbers failed_;
};

constexpr std::int64_t kProbes = 1'000'000;

// What an app is given until the probe of each key arrives, which is behind everything else.
std::vector<std::int64_t> drain(Inbox& inbox) {
  const auto is_probe = [](const Delivery& d) { return number_of(d.data) >= kProbes; };
  EXPECT_TRUE(inbox.wait_until([&] { return std::ranges::count_if(inbox.got(), is_probe) == 3; }));
  std::vector<std::int64_t> numbers;
  for (const auto& delivery : inbox.got()) {
    const std::int64_t number = number_of(delivery.data);
    EXPECT_EQ(delivery.data, number < kProbes ? body(number) : std::to_string(number));
    if (number < kProbes) numbers.push_back(number);
  }
  return numbers;
}

void expect_order(const std::vector<std::int64_t>& numbers) {
  std::map<std::string, std::int64_t> last;
  for (const auto number : numbers) {
    auto& before = last[key_of(number)];
    EXPECT_LT(before, number);
    before = number;
  }
}

// `due`: what the app must be given; `possible`: what it may be given.
void expect_delivery(Inbox& inbox, const Numbers& due, const Numbers& possible) {
  const auto numbers = drain(inbox);
  expect_order(numbers);
  const Numbers got(numbers.begin(), numbers.end());
  for (const auto number : due) EXPECT_TRUE(got.contains(number)) << number << " is lost";
  for (const auto number : got) EXPECT_TRUE(possible.contains(number)) << number << " is new";
}

void check_bus(const std::string& folder, const std::vector<test::Mark>& marks) {
  SimLoop loop;
  store::OpenFiles files;
  Inbox worker(loop);
  Inbox archive(loop);
  RunningBus bus(loop, files, "pubsub.sqlite", fields(folder));
  ASSERT_TRUE(bus.opened()) << bus.opened().error().message;
  const auto one = bus.subscribe("worker", "t", worker);
  const auto two = bus.subscribe("archive", "t", archive);
  for (std::int64_t probe = kProbes; probe < kProbes + 3; ++probe) {
    ASSERT_TRUE(bus.publish("t", std::to_string(probe), metadata_of(probe)));
  }
  const Numbers offered = numbers_of(marks, "offered");
  Numbers due = numbers_of(marks, "answered");
  expect_delivery(archive, due, offered);
  for (const auto number : numbers_of(marks, "processed")) due.erase(number);
  expect_delivery(worker, due, offered);
}

TEST(PowerCutTest, PubsubLosesNothingThatWasAnswered) {
  const test::TempDir dir;
  RecordedDisk disk(dir.path());
  Script(dir.path(), disk).run_all();
  ASSERT_FALSE(HasFailure());
  cut_everywhere(disk, check_bus);
}

TEST(PowerCutTest, TheRecordIsComplete) {
  const test::TempDir dir;
  std::map<std::string, std::string> recorded;
  RecordedDisk disk(dir.path());
  Script(dir.path(), disk).run_all();
  SeededRandom random(1);
  disk.replay(
      [&](const RecordedDisk::Replay& place) { recorded = place.cut(Unsynced::kKept, random); });
  EXPECT_EQ(recorded["queue.db"], test::read_file(dir.file("queue.db")));
  EXPECT_FALSE(recorded["queue.db"].empty());
  EXPECT_FALSE(recorded.contains("queue.db-wal")) << "closing in order removes it";
}

components::Metadata state_fields(const std::string& folder) {
  return {{"connectionString", folder + "/state.db"}};
}

std::string state_key(std::int64_t number) {
  return "key" + std::to_string(number % 7);
}

// A key holds the last value that was answered, or one that was offered after it.
void check_state(const std::string& folder, const std::vector<test::Mark>& marks) {
  state::RunningStore store("state.sqlite", state_fields(folder));
  ASSERT_TRUE(store.opened()) << store.opened().error().message;
  std::map<std::string, std::int64_t> answered;
  for (const auto number : numbers_of(marks, "answered")) answered[state_key(number)] = number;
  const Numbers offered = numbers_of(marks, "offered");
  for (std::int64_t key = 0; key < 7; ++key) {
    const auto value = store.value(state_key(key));
    const auto expected = answered[state_key(key)];
    if (!value) {
      EXPECT_EQ(expected, 0) << state_key(key) << " is lost";
      continue;
    }
    const std::int64_t number = number_of(*value);
    EXPECT_GE(number, expected) << state_key(key);
    EXPECT_TRUE(offered.contains(number)) << number;
    EXPECT_EQ(state_key(number), state_key(key));
    EXPECT_EQ(*value, body(number));
  }
  ASSERT_TRUE(store.set("after", "1"));
}

void set_values(const std::string& folder, RecordedDisk& disk, std::int64_t first,
                std::int64_t last) {
  state::RunningStore store("state.sqlite", state_fields(folder));
  for (std::int64_t number = first; number <= last; ++number) {
    disk.mark("offered", number);
    ASSERT_TRUE(store.apply_one(state::SetRequest{
        .key = state_key(number), .value = body(number), .kind = state::ValueKind::kJson}));
    disk.mark("answered", number);
  }
}

TEST(PowerCutTest, StateLosesNothingThatWasAnswered) {
  const test::TempDir dir;
  RecordedDisk disk(dir.path());
  set_values(dir.path(), disk, 1, 40);
  set_values(dir.path(), disk, 41, 80);
  ASSERT_FALSE(HasFailure());
  cut_everywhere(disk, check_state);
}

}  // namespace
}  // namespace edge::pubsub
