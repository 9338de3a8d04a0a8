// docs/components.md says what the tables say.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "components/all.h"

namespace edge::components {
namespace {

// What the hub itself reads of every component of a kind.
constexpr std::string_view kOfStateStores =
    "\nEvery one also takes `keyPrefix`, which says whose a key is: `appid` (the default) keeps "
    "each "
    "app's\nkeys apart, `namespace` those of each namespace and app, `name` gives all apps one set "
    "of "
    "keys under the\ncomponent's name, `none` one set without a prefix, and any other text one set "
    "under that text.\n\nA value that is saved over HTTP is JSON of at most 62 levels of arrays "
    "and "
    "objects, 60 in a transaction;\na deeper one is answered 400.\n";
constexpr std::string_view kOfBuses =
    "\nEvery one also takes `allowedTopics` and `protectedTopics` (lists of topics), "
    "`publishingScopes` and\n`subscriptionScopes` (`app1=topic1,topic2;app2=`), as with Dapr. "
    "Where "
    "a field holds `{namespace}`, topics\non the bus begin with the app's namespace.\n";

template <class Interface>
std::string section(std::string_view title, std::span<const Type<Interface>> types,
                    std::string_view about = "") {
  std::string text = "\n## " + std::string(title) + "\n" + std::string(about);
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
         section("State stores", state_types(), kOfStateStores) +
         section("Message buses", pubsub_types(), kOfBuses) +
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
