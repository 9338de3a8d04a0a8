// docs/components.md says what the tables say.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "components/all.h"

namespace edge::components {
namespace {

template <class Interface>
std::string section(std::string_view title, std::span<const Type<Interface>> types) {
  std::string text = "\n## " + std::string(title) + "\n";
  for (const auto& type : types) {
    text.append("\n### ").append(type.name).append("\n\n");
    if (!type.alias.empty()) text.append("Also written `").append(type.alias).append("`.\n\n");
    const auto fields = type.fields();
    text.append(fields.empty() ? "No fields.\n" : to_markdown(fields));
  }
  return text;
}

std::string reference_page() {
  return "# Components\n\nEvery component type of this build with the fields of its "
         "`spec.metadata`.\n" +
         section("State stores", state_types()) + section("Message buses", pubsub_types()) +
         section("Secret stores", secret_store_types()) +
         section("Configuration stores", configuration_types());
}

TEST(ReferencePage, IsPrintedFromTheTables) {
  const std::string path = std::string(EDGE_SOURCE_DIR) + "/docs/components.md";
  if (std::getenv("EDGE_UPDATE_DOCS") != nullptr) std::ofstream(path) << reference_page();
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), reference_page()) << "run this test with EDGE_UPDATE_DOCS=1 to write it";
}

}  // namespace
}  // namespace edge::components
