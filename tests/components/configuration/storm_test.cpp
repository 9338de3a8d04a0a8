// Configuration storms: revisions that come in bursts, late, twice, in parts, damaged or not at
// all, with restarts between and the power cut anywhere. What is served of a layer is one of its
// revisions, whole, and never an earlier one than before.
#include <array>
#include <cstdlib>
#include <stdexcept>

#include <gtest/gtest.h>

#include "components/configuration/mqtt.h"
#include "edge/base/log.h"
#include "edge/loop/sim_loop.h"
#include "tests/components/configuration/fake_cloud.h"
#include "tests/components/configuration/manifests.h"
#include "tests/support/power_cut.h"
#include "tests/support/temp_dir.h"

namespace edge::configuration {
namespace {

using std::chrono::milliseconds;
using test::RecordedDisk;
using test::Unsynced;

constexpr int kSteps = 80;
constexpr std::uint64_t kSeedsWithCuts = 10;
constexpr std::uint64_t kPlacesForEachCut = 60;

// From the environment, for a longer run.
std::uint64_t seeds() {
  const char* text = std::getenv("EDGE_STORM_SEEDS");
  return text == nullptr ? 200 : std::strtoull(text, nullptr, 10);
}

// All revisions of a layer. The layer's name begins each key, so that what is served of it is
// known; one key says which revision it is.
class History {
 public:
  explicit History(std::string layer) : layer_(std::move(layer)) {}

  [[nodiscard]] const std::string& layer() const { return layer_; }
  [[nodiscard]] int newest() const { return static_cast<int>(revisions_.size()) - 1; }
  [[nodiscard]] const Texts& at(int rev) const { return revisions_.at(static_cast<size_t>(rev)); }
  [[nodiscard]] std::string manifest_of(int rev) const { return whole(layer_, rev, at(rev)); }

  void change(Random& random) {
    Texts next = revisions_.back();
    for (std::uint64_t i = 0; i <= random.below(4); ++i) {
      const std::string key = layer_ + ":" + std::to_string(random.below(12));
      if (random.below(4) == 0) {
        next.erase(key);
      } else {
        next[key] = std::to_string(random.below(1000));
      }
    }
    next[layer_ + ":rev"] = std::to_string(revisions_.size());
    revisions_.push_back(std::move(next));
  }

  // What a store serves of the layer; none: nothing yet.
  [[nodiscard]] Texts part_of(const Texts& all) const {
    Texts part;
    for (const auto& [key, text] : all) {
      if (key.starts_with(layer_ + ":")) part[key] = text;
    }
    return part;
  }

  // The revision that this part is, as a whole.
  [[nodiscard]] int revision_of(const Texts& part) const {
    if (part.empty()) return 0;
    const auto rev = part.find(layer_ + ":rev");
    EXPECT_NE(rev, part.end()) << layer_ << " is served in part";
    if (rev == part.end()) return 0;
    const int number = std::atoi(rev->second.c_str());
    EXPECT_EQ(part, at(number)) << layer_ << " is served in part";
    return number;
  }

 private:
  std::string layer_;
  std::vector<Texts> revisions_{1};
};

std::unique_ptr<MqttStore> open_store(Loop& loop, store::OpenFiles& files, FakeCloud& cloud,
                                      const std::string& folder) {
  components::Metadata fields = {{"replicaFile", folder + "/hub.db"}, {"probation", "0"}};
  auto store = std::make_unique<MqttStore>(components::Context{.name = "cloud",
                                                               .metadata = std::move(fields),
                                                               .loop = loop,
                                                               .files = files,
                                                               .data_dir = "",
                                                               .cloud = &cloud});
  const auto opened = run(loop, store->init(Ctx::background()));
  if (!opened) throw std::runtime_error(opened.error().message);
  return store;
}

Texts served_by(Loop& loop, MqttStore& store) {
  Texts all;
  const auto items = run(loop, store.get(Ctx::background(), {}, {}));
  if (!items) return all;
  for (const auto& [key, item] : *items) all[key] = item.value;
  return all;
}

class Storm {
 public:
  Storm(std::uint64_t seed, std::string folder, RecordedDisk& disk)
      : folder_(std::move(folder)), disk_(disk), loop_(seed), random_(seed) {}

  void rage() {
    start();
    for (int i = 0; i < kSteps && !testing::Test::HasFailure(); ++i) {
      step();
      pass(milliseconds(random_.below(30)));
      check();
    }
    calm_down();
    stop();
  }

  [[nodiscard]] const std::array<History, 2>& layers() const { return layers_; }

 private:
  void start() {
    store_ = open_store(loop_, files_, cloud_, folder_);
    const auto observer = [this](const Items& changed) { told(changed); };
    const auto subscribed = run(loop_, store_->subscribe(Ctx::background(), {}, {}, observer));
    ASSERT_TRUE(subscribed);
    mirror_ = served_by(loop_, *store_);
  }
  void stop() {
    run(loop_, store_->close());
    store_.reset();
  }
  void told(const Items& changed) {
    EXPECT_FALSE(changed.empty());
    for (const auto& [key, item] : changed) {
      if (item.version.empty()) {
        mirror_.erase(key);
      } else {
        mirror_[key] = item.value;
      }
    }
  }
  void pass(Duration time) { ASSERT_TRUE(run(loop_, sleep_for(loop_, Ctx::background(), time))); }

  void step() {
    History& layer = layers_[random_.below(layers_.size())];
    switch (random_.below(10)) {
      case 0:
        return cloud_.cut();
      case 1:
      case 2:
        return cloud_.link();
      case 3:
        for (std::uint64_t i = 0; i < 2 + random_.below(20); ++i) publish(layer);
        return;
      case 4:
        return repeat_an_old_one(layer);
      case 5:
        return publish_damaged(layer);
      case 6:
        return publish_in_parts(layer);
      case 7:
        return pass(milliseconds(random_.below(7'200'000)));
      case 8:
        stop();
        return start();
      default:
        return publish(layer);
    }
  }

  void publish(History& layer) {
    layer.change(random_);
    cloud_.retain(manifest_topic(layer.layer()), layer.manifest_of(layer.newest()));
  }
  void repeat_an_old_one(const History& layer) {
    if (layer.newest() == 0) return;
    const int rev = 1 + static_cast<int>(random_.below(static_cast<size_t>(layer.newest())));
    cloud_.retain(manifest_topic(layer.layer()), layer.manifest_of(rev));
  }
  // The revision itself comes to nobody.
  void publish_damaged(History& layer) {
    layer.change(random_);
    std::string text = layer.manifest_of(layer.newest());
    text[random_.below(text.size())] ^= static_cast<char>(1 + random_.below(127));
    cloud_.retain(manifest_topic(layer.layer()), text);
  }
  // Each chunk in turn, or not at all.
  void publish_in_parts(History& layer) {
    layer.change(random_);
    layer.change(random_);
    const int rev = layer.newest();
    Texts one = layer.at(rev);
    Texts other;
    while (one.size() > 1 && other.size() < 3) other.insert(one.extract(one.begin()));
    if (other.empty()) return publish(layer);
    const Chunked parts(layer.layer(), rev, one, other);
    cloud_.retain(manifest_topic(layer.layer()), parts.said);
    for (const auto& [topic, payload] : parts.chunks) {
      if (random_.below(5) > 0) cloud_.retain(topic, payload);
      pass(milliseconds(random_.below(10)));
    }
  }

  void check() {
    const Texts all = served_by(loop_, *store_);
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const int rev = layers_[i].revision_of(layers_[i].part_of(all));
      EXPECT_GE(rev, last_[i]) << layers_[i].layer() << " went back";
      last_[i] = rev;
      disk_.mark(layers_[i].layer(), rev);
    }
  }

  void calm_down() {
    cloud_.link();
    Texts newest;
    for (History& layer : layers_) {
      publish(layer);
      newest.insert(layer.at(layer.newest()).begin(), layer.at(layer.newest()).end());
    }
    for (int i = 0; i < 1000 && served_by(loop_, *store_) != newest; ++i) pass(milliseconds(10));
    EXPECT_EQ(served_by(loop_, *store_), newest);
    pass(milliseconds(10));
    EXPECT_EQ(mirror_, newest) << "what subscribers were told";
    check();
  }

  const std::string folder_;
  RecordedDisk& disk_;
  SimLoop loop_;
  SeededRandom random_;
  store::OpenFiles files_;
  FakeCloud cloud_;
  std::array<History, 2> layers_{History("base"), History("hub-h1")};
  std::array<int, 2> last_{};
  std::unique_ptr<MqttStore> store_;
  Texts mirror_;
};

void expect_whole_after_a_cut(const std::string& folder, const std::array<History, 2>& layers,
                              const std::vector<test::Mark>& marks) {
  SimLoop loop;
  store::OpenFiles files;
  FakeCloud cloud;
  const auto store = open_store(loop, files, cloud, folder);
  const Texts all = served_by(loop, *store);
  for (const History& layer : layers) {
    std::int64_t last = 0;
    for (const auto& mark : marks) {
      if (mark.what == layer.layer()) last = mark.number;
    }
    EXPECT_GE(layer.revision_of(layer.part_of(all)), last) << "what was served is there";
  }
  run(loop, store->close());
}

class ConfigurationStorm : public testing::Test {
 protected:
  void SetUp() override {
    log::capture([](std::string_view) {});
  }
  void TearDown() override { log::capture(nullptr); }
};

TEST_F(ConfigurationStorm, WhatIsServedIsAlwaysARevisionAsAWhole) {
  for (std::uint64_t seed = 1; seed <= seeds() && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const test::TempDir dir;
    RecordedDisk disk(dir.path());
    Storm(seed, dir.path(), disk).rage();
  }
}

// Three ways, each at some of the places; says how often.
std::size_t cut_power(const RecordedDisk& disk, const Storm& storm, Random& random) {
  std::size_t cuts = 0;
  disk.replay([&](const RecordedDisk::Replay& place) {
    if (testing::Test::HasFailure() || random.below(kPlacesForEachCut) != 0) return;
    for (const auto unsynced : {Unsynced::kLost, Unsynced::kKept, Unsynced::kInParts}) {
      const test::TempDir left;
      test::write_files(left.path(), place.cut(unsynced, random));
      expect_whole_after_a_cut(left.path(), storm.layers(), place.marks());
      ++cuts;
    }
  });
  return cuts;
}

TEST_F(ConfigurationStorm, AlsoAfterThePowerWasCutAnywhere) {
  std::size_t cuts = 0;
  for (std::uint64_t seed = 1; seed <= kSeedsWithCuts && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const test::TempDir dir;
    SeededRandom random(seed);
    RecordedDisk disk(dir.path());
    Storm storm(seed, dir.path(), disk);
    storm.rage();
    cuts += cut_power(disk, storm, random);
  }
  EXPECT_GT(cuts, 50U);
}

}  // namespace
}  // namespace edge::configuration
