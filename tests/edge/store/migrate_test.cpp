#include "edge/store/migrate.h"

#include <array>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace edge::store {
namespace {

constexpr std::array<std::string_view, 3> kSteps = {
    "CREATE TABLE a(id INTEGER PRIMARY KEY) STRICT; CREATE TABLE b(id INTEGER PRIMARY KEY) STRICT;",
    "ALTER TABLE a ADD COLUMN name TEXT",
    "DROP TABLE b",
};

class MigrateTest : public testing::Test {
 protected:
  test::TempDir dir_;
  Db db_ = std::move(*Db::open(dir_.file("data.db")));
};

TEST_F(MigrateTest, RunsTheStepsThatAreMissing) {
  ASSERT_TRUE(migrate(db_, std::span(kSteps).first(1)));
  EXPECT_EQ(db_.integer("PRAGMA user_version")->value(), 1);
  ASSERT_TRUE(db_.run("INSERT INTO a VALUES(7)"));
  ASSERT_TRUE(migrate(db_, kSteps));
  EXPECT_EQ(db_.integer("PRAGMA user_version")->value(), 3);
  EXPECT_EQ(db_.integer("SELECT id FROM a WHERE name IS NULL")->value(), 7);
  EXPECT_FALSE(db_.run("SELECT * FROM b"));
  EXPECT_TRUE(migrate(db_, kSteps)) << "nothing is left to do";
}

TEST_F(MigrateTest, RefusesALaterSchema) {
  ASSERT_TRUE(migrate(db_, kSteps));
  const auto older = migrate(db_, std::span(kSteps).first(2));
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().code, Code::kFailedPrecondition);
  EXPECT_NE(older.error().message.find("version 3"), std::string::npos) << older.error().message;
}

TEST_F(MigrateTest, AFailedStepLeavesThePreviousVersionWhole) {
  constexpr std::array<std::string_view, 2> kBad = {
      kSteps[0], "ALTER TABLE a ADD COLUMN name TEXT; CREATE TABLE a(again INT)"};
  const auto done = migrate(db_, kBad);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("to version 2"), std::string::npos) << done.error().message;
  EXPECT_EQ(db_.integer("PRAGMA user_version")->value(), 1);
  EXPECT_FALSE(db_.in_transaction());
  EXPECT_FALSE(db_.run("SELECT name FROM a")) << "the step is undone as a whole";
}

}  // namespace
}  // namespace edge::store
