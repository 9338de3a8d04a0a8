// What is asked of every message bus, and what a bus must say of itself to be asked:
// conformance.cpp runs it for the buses of the hub itself; one that needs a server instantiates
// PubsubConformance beside its own tests.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/components/pubsub/fixture.h"
#include "tests/support/temp_dir.h"

namespace edge::pubsub {

// What is only some buses' promise.
enum class Promise {
  kKeepsForTheAbsent,   // an app that comes back gets what it has missed
  kRepeatsFailed,       // a message that failed is delivered again
  kOneOfAnAppsTakesIt,  // subscriptions of one app to one topic share what comes
  kBulk,
  kCarriesMetadata,  // the publisher's metadata reaches the handler
  kGivesMany,        // a bulk subscription is given many messages at once
};

struct Case {
  std::string name;
  std::string type;
  std::function<std::unique_ptr<Loop>()> loop;
  std::function<components::Metadata(const test::TempDir&)> metadata;
  std::set<Feature> features;
  std::set<Promise> promises;
  Durability durability;
};

class PubsubConformance : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    start();
    ASSERT_TRUE(bus().opened()) << bus().opened().error().message;
  }

  void start() {
    bus_ = std::make_unique<RunningBus>(*loop_, files_, GetParam().type, GetParam().metadata(dir_));
  }
  void stop() { bus_.reset(); }
  RunningBus& bus() { return *bus_; }
  Inbox inbox() { return Inbox(*loop_); }
  static bool promises(Promise promise) { return GetParam().promises.contains(promise); }
  static bool has(Feature feature) { return GetParam().features.contains(feature); }

  test::TempDir dir_;
  store::OpenFiles files_;
  std::unique_ptr<Loop> loop_ = GetParam().loop();
  std::unique_ptr<RunningBus> bus_;
};

}  // namespace edge::pubsub
