#include <gtest/gtest.h>

#include "edge/blocks/state/state_block.h"
#include "edge/loop/sim_loop.h"

namespace edge::blocks {
namespace {

std::string applied(std::string_view text, const AppSettings& settings) {
  SimLoop loop;
  const App app(loop, settings, nullptr);
  const auto prefix = KeyPrefix::parse(text, "store1");
  return prefix ? prefix->apply(app, "k") : prefix.error().message;
}

AppSettings lamp(std::string key_namespace) {
  AppSettings settings;
  settings.id = "lamp";
  settings.key_namespace = std::move(key_namespace);
  return settings;
}

TEST(KeyPrefix, FollowsTheComponentsStrategy) {
  EXPECT_EQ(applied("", lamp("")), "lamp||k");
  EXPECT_EQ(applied("AppId", lamp("")), "lamp||k");
  EXPECT_EQ(applied("name", lamp("")), "store1||k");
  EXPECT_EQ(applied("none", lamp("")), "k");
  EXPECT_EQ(applied("namespace", lamp("prod")), "prod.lamp||k");
  EXPECT_EQ(applied("namespace", lamp("")), "lamp||k");
  EXPECT_EQ(applied("Shared", lamp("")), "Shared||k");
}

TEST(KeyPrefix, RefusesTheSeparator) {
  EXPECT_FALSE(KeyPrefix::parse("a||b", "store1"));
}

TEST(KeyPrefix, IsTakenOffAgain) {
  EXPECT_EQ(KeyPrefix::strip("lamp||k"), "k");
  EXPECT_EQ(KeyPrefix::strip("k"), "k");
}

}  // namespace
}  // namespace edge::blocks
