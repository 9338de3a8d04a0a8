// Copies of components that no resource names go, those of others stay.
#include "edge/daemon/leftovers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "components/replica/replica_table.h"
#include "components/secretstores/cloud/copy_table.h"
#include "edge/loop/sim_loop.h"
#include "edge/loop/task_group.h"
#include "edge/store/db.h"
#include "edge/store/rows.h"
#include "tests/support/temp_dir.h"

namespace edge::daemon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Component component(std::string name, std::string type) {
  Component made;
  made.name = std::move(name);
  made.type = std::move(type);
  return made;
}

class LeftoversTest : public testing::Test {
 protected:
  LeftoversTest() {
    resources_.components.push_back(component("cloud", "configuration.etcd"));
    resources_.components.push_back(component("kms", "SecretStores.aws.secretmanager"));
    resources_.components.push_back(component("own", "secretstores.sqlite"));
    resources_.components.push_back(component("later", "configuration.of.a.later.version"));
  }

  store::Db open() {
    auto db = store::Db::open(dir_.file("hub.db"));
    EXPECT_TRUE(db) << db.error().message;
    return std::move(*db);
  }

  void fill() {
    store::Db db = open();
    EXPECT_TRUE(replica::ReplicaTable::create(db));
    EXPECT_TRUE(secrets::CopyTable::create(db));
    for (const char* name : {"cloud/0", "cloud/1", "gone/0", "own/0", "later/0"}) {
      EXPECT_TRUE(db.run("INSERT INTO replica VALUES(?,'s','o',1,1,1)", name));
      EXPECT_TRUE(
          db.run("INSERT INTO replica_value(replica,key,revision,value)"
                 " VALUES(?,'k',1,'v')",
                 name));
    }
    EXPECT_TRUE(
        db.run("INSERT INTO replica_value(replica,key,revision,value)"
               " VALUES('lost/3','k',1,'v')"));
    for (const char* name : {"kms", "cloud", "own", "gone"}) {
      EXPECT_TRUE(
          db.run("INSERT INTO secret_copy VALUES(?,'db','s',0,'v',1,'k',x'00',x'00',"
                 "x'00',x'00')",
                 name));
    }
  }

  std::vector<std::string> owners(std::string_view sql) {
    store::Db db = open();
    std::vector<std::string> names;
    const auto read = store::each_row(
        db, sql, [&names](const store::Statement& row) { names.emplace_back(row.text(0)); });
    EXPECT_TRUE(read) << read.error().message;
    return names;
  }
  std::vector<std::string> replicas() {
    return owners("SELECT DISTINCT replica FROM replica_value ORDER BY replica");
  }
  std::vector<std::string> copies() {
    return owners("SELECT store FROM secret_copy ORDER BY store");
  }

  // Watches, and changes the resources after `change`, where that is not 0.
  void watch(Duration time, Duration change = Duration::zero()) {
    Leftovers leftovers(loop_, files_, resources_, std::string(dir_.path()));
    TaskGroup tasks(loop_, "leftovers");
    tasks.spawn(leftovers.watch(tasks.ctx()));
    if (change > Duration::zero()) {
      run(loop_, pause(&loop_, change));
      leftovers.resources_changed();
    }
    run(loop_, pause(&loop_, time - change));
    run(loop_, tasks.close());
  }
  static Task<void> pause(Loop* loop, Duration time) {
    auto slept = co_await sleep_for(*loop, Ctx::background(), time);
    EXPECT_TRUE(slept);
  }

  SimLoop loop_;
  store::OpenFiles files_;
  test::TempDir dir_;
  Resources resources_;
};

TEST_F(LeftoversTest, AreThereForAnHourAndGoThen) {
  fill();
  watch(std::chrono::minutes(59));
  EXPECT_EQ(replicas().size(), 6U);
  EXPECT_EQ(copies().size(), 4U);
  watch(std::chrono::minutes(61));
  EXPECT_THAT(replicas(), ElementsAre("cloud/0", "cloud/1", "later/0"));
  EXPECT_THAT(owners("SELECT name FROM replica ORDER BY name"),
              ElementsAre("cloud/0", "cloud/1", "later/0"));
  EXPECT_THAT(copies(), ElementsAre("kms"));
}

TEST_F(LeftoversTest, AChangeOfTheResourcesBeginsTheHourAnew) {
  fill();
  watch(std::chrono::minutes(119), std::chrono::minutes(59) + std::chrono::seconds(59));
  EXPECT_EQ(copies().size(), 4U);
}

TEST_F(LeftoversTest, AChangeIsFollowedByAnotherLook) {
  fill();
  Leftovers leftovers(loop_, files_, resources_, std::string(dir_.path()));
  TaskGroup tasks(loop_, "leftovers");
  tasks.spawn(leftovers.watch(tasks.ctx()));
  run(loop_, pause(&loop_, std::chrono::minutes(61)));
  EXPECT_THAT(copies(), ElementsAre("kms"));
  resources_.components.clear();
  leftovers.resources_changed();
  run(loop_, pause(&loop_, std::chrono::minutes(61)));
  EXPECT_THAT(copies(), IsEmpty());
  EXPECT_THAT(replicas(), IsEmpty());
  run(loop_, tasks.close());
}

TEST_F(LeftoversTest, AHubWithoutAFileGetsNone) {
  watch(std::chrono::minutes(61));
  EXPECT_FALSE(std::filesystem::exists(dir_.file("hub.db")));
}

TEST_F(LeftoversTest, AFileWithoutCopiesStaysAsItIs) {
  {
    EXPECT_TRUE(open().run("CREATE TABLE other(a INTEGER)"));
  }
  watch(std::chrono::minutes(61));
  EXPECT_THAT(owners("SELECT name FROM sqlite_master"), ElementsAre("other"));
}

}  // namespace
}  // namespace edge::daemon
