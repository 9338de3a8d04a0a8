#include "components/secretstores/cloud/cloud_store.h"

#include <csignal>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/loop/task_group.h"
#include "edge/store/db.h"
#include "tests/components/secretstores/fake_cloud.h"
#include "tests/components/secretstores/fixture.h"

namespace edge::secrets {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPlain = "hunter2-in-the-clear";

class CloudStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::unsetenv("CREDENTIALS_DIRECTORY");
    cloud_.set("db", kPlain);
  }

  std::unique_ptr<RunningCloud> open(components::Metadata fields = {}) {
    auto store = std::make_unique<RunningCloud>(cloud_, dir_, std::move(fields));
    EXPECT_TRUE(store->opened()) << store->opened().error().message;
    return store;
  }

  // Runs one statement on the closed database.
  void change(const std::string& sql) {
    auto file = store::Db::open(dir_.file("hub.db"));
    ASSERT_TRUE(file) << file.error().message;
    const auto done = file->script(sql);
    ASSERT_TRUE(done) << done.error().message;
  }

  // All bytes of the database and its log.
  [[nodiscard]] std::string on_disk() const {
    std::string bytes;
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
      bytes += test::read_file(entry.path().string());
    }
    return bytes;
  }

  FakeCloud cloud_;
  test::TempDir dir_;
};

TEST_F(CloudStoreTest, IsReadOnceAndServedFromItsCopy) {
  auto store = open();
  EXPECT_EQ(store->value("db"), kPlain);
  EXPECT_EQ(store->value("db"), kPlain);
  EXPECT_EQ(cloud_.reads_of("db"), 1U);
  const Freshness fresh = store->freshness("db");
  EXPECT_TRUE(fresh.live);
  EXPECT_FALSE(fresh.stale);
}

TEST_F(CloudStoreTest, ManyWhoAskAtOnceAskOnce) {
  auto store = open();
  TaskGroup askers(store->loop(), "askers");
  int answered = 0;
  const auto ask = [](CloudStore* from, int* count) -> Task<void> {
    const auto secret = co_await from->get(Ctx::background(), "db");
    if (secret) ++*count;
  };
  for (int i = 0; i < 20; ++i) askers.spawn(ask(&store->store(), &answered));
  run(store->loop(), askers.wait());
  run(store->loop(), askers.close());
  EXPECT_EQ(answered, 20);
  EXPECT_EQ(cloud_.reads_of("db"), 1U);
}

TEST_F(CloudStoreTest, SaysOnceThatASecretIsAnotherOrGone) {
  auto store = open({{"changesPubsub", "pubsub"}});
  const auto at = store->store().changes_topic();
  ASSERT_TRUE(at);
  EXPECT_EQ(at->pubsub, "pubsub");
  EXPECT_EQ(at->topic, "secret.changed");
  std::vector<std::string> told;
  store->store().on_change([&told, from = store.get()](const SecretChange& change) {
    told.push_back(change.name + "=" + change.version);
  });
  EXPECT_EQ(store->value("db"), kPlain);
  EXPECT_THAT(store->value("none"), HasSubstr("no such secret"));
  store->pass(3h);
  EXPECT_TRUE(told.empty()) << "it is the first version that was read";
  cloud_.set("db", "another");
  store->pass(3h);
  EXPECT_THAT(told, testing::ElementsAre("db=" + std::to_string(cloud_.items["db"].version)));
  EXPECT_EQ(store->value("db"), "another");
  cloud_.items.erase("db");
  store->pass(3h);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told.back(), "db=");
}

TEST_F(CloudStoreTest, SaysWhatChangedWhileItWasClosed) {
  {
    EXPECT_EQ(open()->value("db"), kPlain);
  }
  cloud_.set("db", "another");
  auto store = open();
  EXPECT_FALSE(store->store().changes_topic());
  std::vector<std::string> told;
  store->store().on_change([&told](const SecretChange& change) { told.push_back(change.name); });
  store->pass(10min);
  EXPECT_THAT(told, testing::ElementsAre("db"));
}

TEST_F(CloudStoreTest, IsReadAgainBeforeTheLeaseEnds) {
  auto store = open();
  EXPECT_EQ(store->value("db"), kPlain);
  store->pass(10h);
  EXPECT_GE(cloud_.reads_of("db"), 9U);
  EXPECT_LE(cloud_.reads_of("db"), 12U);
  EXPECT_TRUE(store->freshness("db").live);
}

TEST_F(CloudStoreTest, ANewVersionIsServedAndTheOldOneForgotten) {
  auto store = open();
  EXPECT_EQ(store->value("db"), kPlain);
  cloud_.set("db", "rotated");
  store->pass(67min);
  EXPECT_EQ(store->value("db"), "rotated");
  cloud_.go_away();
  store.reset();
  EXPECT_EQ(open()->value("db"), "rotated");
}

TEST_F(CloudStoreTest, AfterARestartWithoutTheCloudTheCopyIsServed) {
  EXPECT_EQ(open()->value("db"), kPlain);
  cloud_.go_away();
  auto store = open();
  EXPECT_EQ(store->value("db"), kPlain);
  EXPECT_FALSE(store->freshness("db").live);
  EXPECT_FALSE(store->freshness("db").stale);
  store->pass(2h);
  EXPECT_EQ(store->value("db"), kPlain);
  EXPECT_TRUE(store->freshness("db").stale);
}

TEST_F(CloudStoreTest, WhatWasAnsweredIsThereAfterKill) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    RunningCloud store(cloud_, dir_);
    const bool read = store.value("db") == kPlain;
    ::kill(::getpid(), read ? SIGKILL : SIGTERM);
  }
  int how = 0;
  ASSERT_EQ(::waitpid(child, &how, 0), child);
  ASSERT_TRUE(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
  cloud_.go_away();
  EXPECT_EQ(open()->value("db"), kPlain);
}

TEST_F(CloudStoreTest, WhenTheLeaseHasEndedItIsDenied) {
  auto store = open({{"maxStaleOffline", "48h"}});
  EXPECT_EQ(store->value("db"), kPlain);
  cloud_.go_away();
  store->pass(47h);
  EXPECT_EQ(store->value("db"), kPlain);
  store->pass(3h);
  const auto denied = store->read("db");
  ASSERT_FALSE(denied);
  EXPECT_THAT(denied.error().message, HasSubstr("the lease of its copy, last known to be so at "));
  EXPECT_THAT(denied.error().message, HasSubstr("the cable is out"));
  cloud_.failure.reset();
  store->pass(2min);
  EXPECT_EQ(store->value("db"), kPlain);
}

TEST_F(CloudStoreTest, OrServedWithAWarningWherePolicySaysSo) {
  auto store = open({{"max_stale_offline", "48h"}, {"onExpired", "serve+warn"}});
  EXPECT_EQ(store->value("db"), kPlain);
  cloud_.go_away();
  store->pass(100h);
  EXPECT_EQ(store->value("db"), kPlain);
  EXPECT_TRUE(store->freshness("db").stale);
}

TEST_F(CloudStoreTest, TheLeaseGoesOnWhileTheHubIsRestarted) {
  const components::Metadata fields = {{"maxStaleOffline", "48h"}};
  {
    auto store = open(fields);
    EXPECT_EQ(store->value("db"), kPlain);
    cloud_.go_away();
    store->pass(40h);  // the simulated clock begins anew with each loop, as one without a battery
  }
  auto store = open(fields);
  EXPECT_EQ(store->value("db"), kPlain);
  store->pass(10h);
  EXPECT_THAT(store->value("db"), HasSubstr("has ended"));
}

TEST_F(CloudStoreTest, ARefusalEndsItEarlier) {
  auto store = open();
  EXPECT_EQ(store->value("db"), kPlain);
  cloud_.refused.emplace("db", Error{Code::kPermissionDenied, "not allowed any more"});
  store->pass(23h);
  EXPECT_EQ(store->value("db"), kPlain);
  EXPECT_TRUE(store->freshness("db").stale);
  store->pass(2h);
  EXPECT_THAT(store->value("db"), HasSubstr("not allowed any more"));
}

TEST_F(CloudStoreTest, WhatIsDeletedThereIsForgottenHere) {
  auto store = open();
  EXPECT_EQ(store->value("db"), kPlain);
  cloud_.items.erase("db");
  store->pass(67min);
  EXPECT_EQ(store->read("db").error().code, Code::kNotFound);
  cloud_.go_away();
  store.reset();
  EXPECT_EQ(open()->read("db").error().code, Code::kNotFound);
}

TEST_F(CloudStoreTest, WhatIsNotThereIsAskedForOnceInHalfAMinute) {
  auto store = open();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(store->read("no").error().code, Code::kNotFound);
  EXPECT_EQ(cloud_.reads_of("no"), 1U);
  cloud_.set("no", "now it is");
  store->pass(31s);
  EXPECT_EQ(store->value("no"), "now it is");
}

TEST_F(CloudStoreTest, ThatSomethingIsNotThereIsKnownWithoutTheCloud) {
  EXPECT_EQ(open()->read("lane/gray/db").error().code, Code::kNotFound);
  cloud_.go_away();
  auto store = open({{"maxStaleOffline", "24h"}});
  EXPECT_EQ(store->read("lane/gray/db").error().code, Code::kNotFound);
  EXPECT_EQ(store->read("lane/blue/db").error().code, Code::kUnavailable);
  store->pass(25h);
  EXPECT_EQ(store->read("lane/gray/db").error().code, Code::kUnavailable);
}

TEST_F(CloudStoreTest, AbsencesAreBounded) {
  auto store = open();
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(store->read("no" + std::to_string(i)).error().code, Code::kNotFound);
  }
  store.reset();
  auto file = store::Db::open(dir_.file("hub.db"));
  ASSERT_TRUE(file);
  EXPECT_EQ(file->integer("SELECT count(*) FROM secret_copy")->value_or(0),
            static_cast<std::int64_t>(SealedCopies::kMostAbsences));
}

TEST_F(CloudStoreTest, NobodyWaitsAgainForWhatCannotBeReached) {
  auto store = open();
  cloud_.go_away();
  cloud_.takes = 10s;
  EXPECT_EQ(store->read("db").error().code, Code::kUnavailable);
  const TimePoint before = store->loop().now();
  EXPECT_EQ(store->read("db").error().code, Code::kUnavailable);
  EXPECT_EQ(store->loop().now(), before);
}

TEST_F(CloudStoreTest, OtherVersionsAreNotKept) {
  auto store = open();
  const auto old = store->read("db", {{"version_id", "7"}});
  ASSERT_TRUE(old);
  EXPECT_EQ(old->secret.at("db"), std::string(kPlain) + "@7");
  cloud_.go_away();
  EXPECT_EQ(store->read("db", {{"version_id", "7"}}).error().code, Code::kUnavailable);
}

TEST_F(CloudStoreTest, AllOfThemAlsoWithoutTheCloud) {
  for (int i = 0; i < 20; ++i) cloud_.set("s" + std::to_string(i), "v");
  {
    auto store = open();
    const auto all = run(store->loop(), store->store().read_all(Ctx::background()));
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_EQ(all->secrets.size(), 21U);
    EXPECT_TRUE(all->freshness->live);
  }
  cloud_.go_away();
  auto store = open();
  const auto all = run(store->loop(), store->store().read_all(Ctx::background()));
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->secrets.size(), 21U);
  EXPECT_EQ(all->secrets.at("db").at("db"), kPlain);
  EXPECT_FALSE(all->freshness->live);
}

TEST_F(CloudStoreTest, WithoutAListThereIsNoAll) {
  EXPECT_EQ(open()->value("db"), kPlain);
  cloud_.go_away();
  const auto all = [&] {
    auto store = open();
    return run(store->loop(), store->store().get_all(Ctx::background()));
  }();
  EXPECT_EQ(all.error().code, Code::kUnavailable);
}

TEST_F(CloudStoreTest, AllOfThemNamesTheOneThatIsRefused) {
  cloud_.set("other", "v");
  cloud_.refused.emplace("other", Error{Code::kPermissionDenied, "no"});
  auto store = open();
  const auto all = run(store->loop(), store->store().get_all(Ctx::background()));
  EXPECT_EQ(all.error().message, "couldn't get secret: other: no");
}

TEST_F(CloudStoreTest, PurgeForgetsOnDiskAndInMemory) {
  auto store = open();
  cloud_.set("other", "v");
  EXPECT_EQ(store->value("db"), kPlain);
  EXPECT_EQ(store->value("other"), "v");
  cloud_.go_away();
  const auto purge = [&](std::vector<std::string> names) {
    return run(store->loop(), store->store().purge(Ctx::background(), std::move(names)));
  };
  EXPECT_EQ(purge({"db", "none"}), 1U);
  EXPECT_EQ(store->read("db").error().code, Code::kUnavailable);
  EXPECT_EQ(store->value("other"), "v");
  EXPECT_EQ(purge({"*"}), 1U);
  store.reset();
  EXPECT_EQ(open()->read("other").error().code, Code::kUnavailable);
}

TEST_F(CloudStoreTest, WhatIsReadDuringAPurgeIsReadAgain) {
  auto store = open();
  const auto both = [](CloudStore* from, SimLoop* loop, FakeCloud* cloud) -> Task<std::string> {
    TaskGroup group(*loop, "asker");
    std::string seen;
    const auto ask = [](CloudStore* of, std::string* into) -> Task<void> {
      auto secret = co_await of->get(Ctx::background(), "db");
      *into = secret ? secret->at("db") : secret.error().message;
    };
    group.spawn(ask(from, &seen));
    cloud->set("db", "after");
    auto purged = co_await from->purge(Ctx::background(), {"*"});
    EXPECT_EQ(purged, 0U);
    co_await group.wait();
    co_await group.close();
    co_return seen;
  };
  EXPECT_EQ(run(store->loop(), both(&store->store(), &store->loop(), &cloud_)), "after");
  EXPECT_EQ(cloud_.reads_of("db"), 2U);
}

TEST_F(CloudStoreTest, RefreshReadsAllThatIsKept) {
  auto store = open();
  cloud_.set("other", "v");
  EXPECT_EQ(store->value("db"), kPlain);
  EXPECT_EQ(store->value("other"), "v");
  cloud_.set("db", "new");
  const auto refresh = [&] {
    return run(store->loop(), store->store().refresh(Ctx::background()));
  };
  EXPECT_EQ(refresh(), 2U);
  EXPECT_EQ(store->value("db"), "new");
  cloud_.go_away();
  EXPECT_EQ(refresh().error().code, Code::kUnavailable);
  EXPECT_EQ(store->value("db"), "new");
}

TEST_F(CloudStoreTest, NothingIsInTheClearOnTheDisk) {
  {
    auto store = open();
    EXPECT_EQ(store->value("db"), kPlain);
    EXPECT_THAT(on_disk(), Not(HasSubstr(kPlain)));
  }
  EXPECT_THAT(on_disk(), Not(HasSubstr(kPlain)));
  EXPECT_THAT(on_disk(), HasSubstr("secret_copy"));
}

TEST_F(CloudStoreTest, UnderAnotherKeyCopiesAreReadAgain) {
  EXPECT_EQ(open()->value("db"), kPlain);
  ::unlink(dir_.file("replica.key").c_str());
  cloud_.go_away();
  EXPECT_EQ(open()->read("db").error().code, Code::kUnavailable);
  cloud_.failure.reset();
  EXPECT_EQ(open()->value("db"), kPlain);
}

TEST_F(CloudStoreTest, ACredentialTakesTheFilesPlace) {
  EXPECT_EQ(open()->value("db"), kPlain);
  ::setenv("CREDENTIALS_DIRECTORY", dir_.path().c_str(), 1);
  dir_.write("hub-kek", std::string(tls::kSealKeyBytes, 'k'));
  cloud_.go_away();
  EXPECT_EQ(open()->value("db"), kPlain);
  ::unlink(dir_.file("replica.key").c_str());  // all is sealed under the credential by now
  EXPECT_EQ(open()->value("db"), kPlain);
  ::unsetenv("CREDENTIALS_DIRECTORY");
}

// Each change to a row leaves a copy that does not open.
TEST_F(CloudStoreTest, RowsThatWereChangedDoNotOpen) {
  cloud_.set("other", "v");
  for (const std::string sql : {"UPDATE secret_copy SET ct=zeroblob(length(ct)) WHERE name='db'",
                                "UPDATE secret_copy SET tag=zeroblob(16) WHERE name='db'",
                                "UPDATE secret_copy SET salt=zeroblob(16) WHERE name='db'",
                                "UPDATE secret_copy SET nonce=zeroblob(12) WHERE name='db'",
                                "UPDATE secret_copy SET nonce=zeroblob(3) WHERE name='db'",
                                "UPDATE secret_copy SET read_ms=read_ms+1 WHERE name='db'",
                                "UPDATE secret_copy SET version='99' WHERE name='db'",
                                "UPDATE secret_copy SET kind=1 WHERE name='db'",
                                "DELETE FROM secret_copy WHERE name='db';"
                                "UPDATE secret_copy SET name='db' WHERE name='other'",
                                "UPDATE secret_copy SET store='elsewhere' WHERE name='db'"}) {
    {
      auto store = open();
      EXPECT_EQ(store->value("db"), kPlain);
      EXPECT_EQ(store->value("other"), "v");
    }
    change(sql);
    cloud_.go_away();
    EXPECT_EQ(open()->read("db").error().code, Code::kUnavailable) << sql;
    cloud_.failure.reset();
  }
}

TEST_F(CloudStoreTest, EachBitOfARowCounts) {
  EXPECT_EQ(open()->value("db"), kPlain);
  auto file = store::Db::open(dir_.file("hub.db"));
  ASSERT_TRUE(file);
  CopyTable table("kms", "fake");
  const auto content = table.load(*file);
  ASSERT_TRUE(content);
  ASSERT_EQ(content->copies.size(), 1U);
  const auto key = KeyFile(dir_.file("replica.key")).read();
  ASSERT_TRUE(key);
  const KeyRing ring = KeyRing::only(*key);
  const Copy whole = content->copies.front();
  ASSERT_EQ(table.open(whole, ring)->at("db"), kPlain);
  for (std::string tls::Sealed::* part :
       {&tls::Sealed::salt, &tls::Sealed::nonce, &tls::Sealed::ciphertext, &tls::Sealed::tag}) {
    const std::size_t bits = (whole.sealed.*part).size() * 8;
    for (std::size_t bit = 0; bit < bits; ++bit) {
      Copy flipped = whole;
      (flipped.sealed.*part)[bit / 8] ^= static_cast<char>(1 << bit % 8);
      EXPECT_EQ(table.open(flipped, ring).error().code, Code::kDataLoss);
    }
  }
}

TEST_F(CloudStoreTest, AnotherSourcesCopiesAreDropped) {
  EXPECT_EQ(open()->value("db"), kPlain);
  cloud_.scope = "another account";
  cloud_.go_away();
  EXPECT_EQ(open()->read("db").error().code, Code::kUnavailable);
}

TEST_F(CloudStoreTest, SeveralStoresShareFileAndKey) {
  FakeCloud second;
  second.set("db", "second");
  {
    RunningCloud one(cloud_, dir_, {}, "one");
    RunningCloud two(second, dir_, {}, "two");
    ASSERT_TRUE(two.opened()) << two.opened().error().message;
    EXPECT_EQ(one.value("db"), kPlain);
    EXPECT_EQ(two.value("db"), "second");
  }
  second.go_away();
  RunningCloud two(second, dir_, {}, "two");
  EXPECT_EQ(two.value("db"), "second");
}

TEST_F(CloudStoreTest, TheHubsOwnStoreHasItsKeyForItself) {
  RunningStore own("secretstores.sqlite", {}, dir_.path());
  ASSERT_TRUE(own.opened());
  RunningCloud store(cloud_, dir_, {{"keyFile", dir_.file("hub.key")}});
  ASSERT_FALSE(store.opened());
  EXPECT_EQ(store.opened().error().code, Code::kAlreadyExists);
}

TEST_F(CloudStoreTest, FieldsThatCannotBe) {
  const auto why = [&](const std::string& field, const std::string& value) {
    RunningCloud store(cloud_, dir_, {{field, value}});
    return store.opened() ? "" : store.opened().error().message;
  };
  EXPECT_THAT(why("refresh", "1ms"), HasSubstr("refresh"));
  EXPECT_THAT(why("maxStaleOnline", "1s"), HasSubstr("maxStaleOnline"));
  EXPECT_THAT(why("maxStaleOffline", "1s"), HasSubstr("maxStaleOffline"));
  EXPECT_THAT(why("onExpired", "perhaps"), HasSubstr("deny or serve+warn"));
  EXPECT_THAT(why("replicaFile", ":memory:"), HasSubstr("replicaFile"));
}

TEST_F(CloudStoreTest, NamesThatCannotBe) {
  auto store = open();
  for (const std::string& name : {std::string(), std::string(2049, 'x'), std::string("\xff")}) {
    EXPECT_EQ(store->read(name).error().code, Code::kInvalidArgument);
  }
  EXPECT_TRUE(cloud_.reads.empty());
}

}  // namespace
}  // namespace edge::secrets
