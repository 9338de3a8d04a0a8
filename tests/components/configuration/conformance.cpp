// What every configuration store does, run for each registered one. Source: conformance §3.
//
// A store that is written elsewhere brings an editor that writes there and waits until it shows.
#include <algorithm>
#include <functional>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "components/replica/guard.h"
#include "tests/components/configuration/fixture.h"
#include "tests/edge/net/etcd/etcd.h"
#include "tests/support/temp_dir.h"

namespace edge::configuration {
namespace {

struct Case {
  std::string name;
  std::string type;
  std::function<components::Metadata(const test::TempDir&)> metadata;
  std::function<void(RunningStore&, std::vector<Change>)> edit;
  // Waits for what a store does after it was opened.
  std::function<void(RunningStore&)> settle = [](RunningStore&) {};
};

void edit_here(RunningStore& store, std::vector<Change> changes) {
  const auto written = store.write(std::move(changes));
  ASSERT_TRUE(written) << written.error().message;
}

// One server for all; each test has a prefix of its own.
const test::Etcd& etcd() {
  static const test::Etcd server;
  return server;
}

std::string prefix_of_this_test() {
  return testing::UnitTest::GetInstance()->current_test_info()->name();
}

bool is_live(RunningStore& store) {
  const auto items = run(store.loop(), store.store().get(Ctx::background(), {}, {}));
  return items && std::ranges::all_of(*items, [](const auto& entry) {
           return entry.second.metadata.at("source") == "live";
         });
}

void settle_with_etcd(RunningStore& store) {
  ASSERT_TRUE(store.wait_until([&store] { return is_live(store); }));
}

void edit_in_etcd(RunningStore& store, std::vector<Change> changes) {
  test::Etcd::Items items;
  for (const Change& change : changes) {
    items.emplace_back(prefix_of_this_test() + "/" + change.key, change.value);
  }
  etcd().write(items);
  const auto is_there = [&store, &changes] {
    return is_live(store) && std::ranges::all_of(changes, [&store](const Change& change) {
             return store.value(change.key) == change.value;
           });
  };
  ASSERT_TRUE(store.wait_until(is_there));
}

// As a publisher does: the items that are there already go with those that change.
void edit_at_the_broker(RunningStore& store, std::vector<Change> changes) {
  const std::string topic = "e1/c/base";
  auto said = nlohmann::json::parse(store.cloud().retained[topic]);
  for (const Change& change : changes) {
    if (change.value) {
      said["inline"][change.key] = *change.value;
    } else {
      said["inline"].erase(change.key);
    }
  }
  replica::Values values;
  for (const auto& [key, text] : said["inline"].items()) values[key] = {text, 1};
  said["rev"] = said["rev"].get<int>() + 1;
  said["sha256"] = replica::digest_of(values);
  store.cloud().retain(topic, said.dump());
  ASSERT_TRUE(store.wait_until([&store, &changes] {
    return std::ranges::all_of(changes, [&store](const Change& change) {
      return store.value(change.key) == change.value;
    });
  }));
}

void settle_with_the_broker(RunningStore& store) {
  const std::string nothing = replica::digest_of({});
  store.cloud().retain(
      "e1/c/base", R"({"layer":"base","epoch":1,"rev":1,"inline":{},"sha256":")" + nothing + "\"}");
  const auto is_there = [&store] {
    return run(store.loop(), store.store().get(Ctx::background(), {}, {})).has_value();
  };
  ASSERT_TRUE(store.wait_until(is_there));
}

std::vector<Case> all_cases() {
  return {
      {"sqlite", "configuration.sqlite",
       [](const test::TempDir& dir) {
         return components::Metadata{{"connectionString", dir.file("hub.db")}};
       },
       edit_here},
      {"sqlite_in_memory", "configuration.sqlite",
       [](const test::TempDir&) { return components::Metadata{{"url", ":memory:"}}; }, edit_here},
      {"etcd", "configuration.etcd",
       [](const test::TempDir& dir) {
         return components::Metadata{{"endpoints", etcd().endpoint()},
                                     {"keyPrefixPath", prefix_of_this_test()},
                                     {"replicaFile", dir.file("hub.db")}};
       },
       edit_in_etcd, settle_with_etcd},
      {"mqtt", "configuration.mqtt",
       [](const test::TempDir& dir) {
         return components::Metadata{{"replicaFile", dir.file("hub.db")}};
       },
       edit_at_the_broker, settle_with_the_broker},
  };
}

std::string key_of(int number) {
  return "key" + std::to_string(number);
}

std::vector<Change> changes(int first, int count, const std::string& text) {
  std::vector<Change> all;
  for (int i = first; i < first + count; ++i) {
    all.push_back({key_of(i), text + std::to_string(i)});
  }
  return all;
}

class ConfigurationConformance : public testing::TestWithParam<Case> {
 protected:
  ConfigurationConformance() : store_(GetParam().type, GetParam().metadata(dir_)) {}
  void SetUp() override {
    ASSERT_TRUE(store_.opened()) << store_.opened().error().message;
    GetParam().settle(store_);
  }
  void edit(std::vector<Change> changes) { GetParam().edit(store_, std::move(changes)); }

  // Every item that was told, the last of each key.
  static Items told_items(const Told& told) {
    Items all;
    for (const Items& items : told) {
      for (const auto& [key, item] : items) all[key] = item;
    }
    return all;
  }

  test::TempDir dir_;
  RunningStore store_;
};

TEST_P(ConfigurationConformance, ATypeIsCoveredHere) {
  const auto cases = all_cases();
  for (const auto& type : components::configuration_types()) {
    EXPECT_TRUE(std::ranges::any_of(cases, [&](const Case& one) { return one.type == type.name; }))
        << type.name;
  }
}

TEST_P(ConfigurationConformance, GetGivesTheItemsOfTheKeys) {
  edit(changes(0, 20, "value"));
  const Items some = store_.get({"key3", "key17"});
  ASSERT_EQ(some.size(), 2U);
  EXPECT_EQ(some.at("key3").value, "value3");
  EXPECT_EQ(some.at("key17").value, "value17");
  EXPECT_NE(some.at("key3").version, "");
  EXPECT_EQ(some.at("key3").metadata.at("source"), "live");
  EXPECT_EQ(some.at("key3").metadata.at("stale"), "false");
  EXPECT_TRUE(some.at("key3").metadata.at("asof").ends_with("Z"));
}

TEST_P(ConfigurationConformance, NoKeyMeansEveryKey) {
  edit(changes(0, 20, "value"));
  const Items all = store_.get({});
  EXPECT_EQ(all.size(), 20U);
  EXPECT_EQ(all.at("key19").value, "value19");
}

TEST_P(ConfigurationConformance, UnknownKeysAreLeftOut) {
  EXPECT_TRUE(store_.get({"nothing", "here"}).empty());
  EXPECT_TRUE(store_.get({}).empty());
  edit(changes(1, 1, "v"));
  EXPECT_EQ(store_.get({"key1", "nothing"}).size(), 1U);
}

TEST_P(ConfigurationConformance, ChangesReachExactlyTheSubscribersConcerned) {
  edit(changes(0, 20, "first"));
  Told low;
  Told high;
  Told all;
  std::vector<std::string> low_keys;
  std::vector<std::string> high_keys;
  for (int i = 0; i < 10; ++i) low_keys.push_back(key_of(i));
  for (int i = 10; i < 20; ++i) high_keys.push_back(key_of(i));
  const auto ids = {store_.subscribe(low_keys, &low), store_.subscribe(high_keys, &high),
                    store_.subscribe({}, &all)};
  EXPECT_EQ(std::set<SubscriptionId>(ids).size(), 3U);
  EXPECT_TRUE(low.empty() && high.empty() && all.empty()) << "subscribing tells nothing";

  edit(changes(0, 20, "second"));
  EXPECT_EQ(told_items(low).size(), 10U);
  EXPECT_EQ(told_items(high).size(), 10U);
  EXPECT_EQ(told_items(all).size(), 20U);
  for (const auto& [key, item] : told_items(all)) {
    EXPECT_EQ(item.value, "second" + key.substr(3));
    EXPECT_EQ(item.version, store_.get({key}).at(key).version);
  }
  EXPECT_TRUE(told_items(low).contains("key9"));
  EXPECT_TRUE(told_items(high).contains("key10"));

  low.clear();
  high.clear();
  all.clear();
  edit(changes(20, 10, "new"));
  EXPECT_TRUE(low.empty() && high.empty());
  EXPECT_EQ(told_items(all).size(), 10U) << "also keys that came later";
}

TEST_P(ConfigurationConformance, ADeletedKeyIsAnEmptyItem) {
  edit(changes(0, 3, "v"));
  Told one;
  Told all;
  Told other;
  store_.subscribe({"key1"}, &one);
  store_.subscribe({}, &all);
  store_.subscribe({"key2"}, &other);
  edit({{"key1", std::nullopt}});
  for (const Told* told : {&one, &all}) {
    ASSERT_EQ(told->size(), 1U);
    ASSERT_EQ(told->front().size(), 1U);
    EXPECT_EQ(told->front().at("key1").value, "");
    EXPECT_EQ(told->front().at("key1").version, "");
  }
  EXPECT_TRUE(other.empty());
  EXPECT_EQ(store_.value("key1"), std::nullopt);
}

TEST_P(ConfigurationConformance, UnsubscribingEndsOneSubscriptionAlone) {
  Told first;
  Told second;
  const auto id = store_.subscribe({"key1"}, &first);
  store_.subscribe({"key1"}, &second);
  ASSERT_TRUE(store_.store().unsubscribe(id));
  edit(changes(1, 1, "v"));
  store_.advance(std::chrono::seconds(30));
  EXPECT_TRUE(first.empty());
  EXPECT_EQ(second.size(), 1U);
  EXPECT_EQ(store_.store().unsubscribe(id).error().code, Code::kNotFound);
}

TEST_P(ConfigurationConformance, AnObserverMayEndItsOwnSubscription) {
  int calls = 0;
  SubscriptionId id = 0;
  const auto once = [&](const Items&) {
    ++calls;
    EXPECT_TRUE(store_.store().unsubscribe(id));
  };
  id = *run(store_.loop(), store_.store().subscribe(Ctx::background(), {}, {}, once));
  edit(changes(1, 1, "v"));
  edit(changes(1, 1, "w"));
  EXPECT_EQ(calls, 1);
}

INSTANTIATE_TEST_SUITE_P(Stores, ConfigurationConformance, testing::ValuesIn(all_cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace edge::configuration
