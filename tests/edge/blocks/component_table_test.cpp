#include "edge/blocks/component_table.h"

#include <gtest/gtest.h>

#include "edge/loop/sim_loop.h"
#include "edge/loop/task_group.h"

namespace edge::blocks {
namespace {

struct Part {
  std::string name;
  std::vector<std::string> scopes;
};

using Table = ComponentTable<Part>;

Task<void> take(Table* table, Loop* loop, std::string name, bool* taken) {
  auto part = co_await table->take(loop, std::move(name));
  *taken = part != nullptr;
}

TEST(ComponentTable, FindsByNameAndKnowsWhoMayUseIt) {
  Table table;
  EXPECT_TRUE(table.empty());
  table.add({"a", {"lamp"}});
  EXPECT_FALSE(table.find("b"));
  const Table::Lease lease = table.find("a");
  ASSERT_TRUE(lease);
  EXPECT_TRUE(Table::permits(*lease, "lamp"));
  EXPECT_FALSE(Table::permits(*lease, "speaker"));
  EXPECT_TRUE(table.any_for("lamp"));
  EXPECT_FALSE(table.any_for("speaker"));
  EXPECT_EQ(table.names(), std::vector<std::string>{"a"});
}

TEST(ComponentTable, WhatIsUsedIsTakenWhenItsUsersHaveFinished) {
  SimLoop loop;
  Table table;
  table.add({"a", {}});
  Table::Lease first = table.find("a");
  Table::Lease second = table.find("a");
  bool taken = false;
  TaskGroup group(loop, "test");
  group.spawn(take(&table, &loop, "a", &taken));
  EXPECT_FALSE(table.find("a"));
  first = Table::Lease();
  EXPECT_FALSE(taken);
  EXPECT_EQ(second->name, "a");
  second = Table::Lease();
  run(loop, group.close());
  EXPECT_TRUE(taken);
}

TEST(ComponentTable, WhatIsNotThereIsNotTaken) {
  SimLoop loop;
  Table table;
  bool taken = true;
  run(loop, take(&table, &loop, "a", &taken));
  EXPECT_FALSE(taken);
}

}  // namespace
}  // namespace edge::blocks
