#include "components/all.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace edge::components {
namespace {

TEST(AllTest, TypesAreFoundByNameAndAliasIgnoringCase) {
  const auto* sqlite = find_type(state_types(), "state.sqlite");
  ASSERT_NE(sqlite, nullptr);
  EXPECT_EQ(find_type(state_types(), "State.SQLite3"), sqlite);
  EXPECT_NE(find_type(state_types(), "state.in-memory"), nullptr);
  EXPECT_EQ(find_type(state_types(), "state.nothing"), nullptr);
  EXPECT_EQ(find_type(state_types(), ""), nullptr) << "an absent alias is no name";
}

TEST(AllTest, EveryFieldIsDocumented) {
  for (const auto& type : state_types()) {
    for (const auto& [info, kind] : type.fields()) {
      EXPECT_TRUE(info.doc.ends_with('.')) << type.name << " " << info.name;
    }
  }
  const auto fields = find_type(state_types(), "state.sqlite")->fields();
  EXPECT_TRUE(std::ranges::any_of(
      fields, [](const FieldDoc& field) { return field.info.name == "connectionString"; }));
}

}  // namespace
}  // namespace edge::components
