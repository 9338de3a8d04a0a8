#include "edge/daemon/resources/secret_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edge::daemon {
namespace {

using testing::HasSubstr;

Component waits(const char* name, const char* store) {
  Component component;
  component.name = name;
  component.secret_store = store;
  return component;
}

TEST(SecretOrder, ACircleIsNamedInWhole) {
  Component a = waits("a", "b");
  Component b = waits("b", "c");
  Component c = waits("c", "b");
  Component* waiting[] = {&a, &b, &c};
  EXPECT_THAT(why_waiting(b, waiting, {}), HasSubstr("wait for each other: b -> c -> b;"));
  EXPECT_THAT(why_waiting(a, waiting, {}), HasSubstr("wait for each other: b -> c -> b;"));
  Component self = waits("self", "self");
  Component* alone[] = {&self};
  EXPECT_THAT(why_waiting(self, alone, {}), HasSubstr("self -> self;"));
}

TEST(SecretOrder, AStoreThatIsNotThereIsNamedWithTheWayToIt) {
  Component a = waits("a", "b");
  Component b = waits("b", "nowhere");
  Component* waiting[] = {&a, &b};
  EXPECT_EQ(why_waiting(b, waiting, {}),
            "it waits for the secret store nowhere, which no component provides; add one of that "
            "name, or change auth.secretStore");
  EXPECT_THAT(why_waiting(a, waiting, {}),
              HasSubstr("the secret store nowhere (a -> b -> nowhere), which no component"));
}

TEST(SecretOrder, AStoreThatFailedIsNamedWithItsReason) {
  Component a = waits("a", "vault");
  Component* waiting[] = {&a};
  EXPECT_EQ(why_waiting(a, waiting, {{"vault", "no such file"}}),
            "it waits for the secret store vault, which failed: no such file");
}

TEST(SecretOrder, WithoutAStoreItSaysWhereToNameOne) {
  Component a = waits("a", "");
  Component* waiting[] = {&a};
  EXPECT_THAT(why_waiting(a, waiting, {}), HasSubstr("auth.secretStore"));
}

}  // namespace
}  // namespace edge::daemon
