#include "edge/cli/hub_address.h"

#include <unistd.h>

#include <gtest/gtest.h>

#include "edge/cli/registry.h"
#include "tests/edge/cli/environment.h"
#include "tests/support/temp_dir.h"

namespace edge::cli {
namespace {

const Command& command() {
  static const Command status = {
      .name = "status", .operands = "", .summary = "Show", .options = {hub_options()}};
  return status;
}

Arguments with(const std::vector<std::string>& words) {
  return *parse_arguments(command(), words);
}

class HubAddressTest : public testing::Test {
 protected:
  test::TempDir directory_;
  Variable runtime_{"XDG_RUNTIME_DIR", directory_.path()};
  Variable http_{"EDGELANE_HTTP", ""};
  Variable port_{"DAPR_HTTP_PORT", ""};
  Variable token_{"DAPR_API_TOKEN", ""};
};

TEST_F(HubAddressTest, ReadsEveryForm) {
  const auto text = [](std::string_view from) {
    const auto address = parse_hub_address(from);
    return address ? address->text() : "error";
  };
  EXPECT_EQ(text("3501"), "127.0.0.1:3501");
  EXPECT_EQ(text("hub.local:3501"), "hub.local:3501");
  EXPECT_EQ(text("http://10.0.0.1:80/"), "10.0.0.1:80");
  EXPECT_EQ(text("[::1]:3501"), "[::1]:3501");
}

TEST_F(HubAddressTest, RefusesWhatIsNone) {
  for (const auto* text : {"", "0", "65536", "host", "host:", ":1", "https://a:1", "http://a/b:1",
                           "::1:80", "u@h:1", "a b:1", "host:99999"}) {
    EXPECT_FALSE(parse_hub_address(text)) << text;
  }
}

TEST_F(HubAddressTest, AnOptionWinsOverTheEnvironment) {
  const auto by_default = find_hub(with({}));
  ASSERT_TRUE(by_default);
  EXPECT_EQ(by_default->address.text(), "127.0.0.1:3500");
  EXPECT_FALSE(by_default->is_chosen);
  const Variable port("DAPR_HTTP_PORT", "3601");
  EXPECT_EQ(find_hub(with({}))->address.text(), "127.0.0.1:3601");
  const Variable http("EDGELANE_HTTP", "hub:3602");
  const auto by_environment = find_hub(with({}));
  EXPECT_EQ(by_environment->address.text(), "hub:3602");
  EXPECT_TRUE(by_environment->is_chosen);
  EXPECT_EQ(find_hub(with({"--address", "3603"}))->address.text(), "127.0.0.1:3603");
  EXPECT_EQ(find_hub(with({"--socket", "/run/hub.sock"}))->address.path, "/run/hub.sock");
}

TEST_F(HubAddressTest, TheTokenComesFromTheEnvironment) {
  EXPECT_EQ(find_hub(with({}))->token, "");
  const Variable token("DAPR_API_TOKEN", "s3cret");
  EXPECT_EQ(find_hub(with({"--address", "1"}))->token, "s3cret");
}

TEST_F(HubAddressTest, NamesWhatIsMalformed) {
  const auto option = find_hub(with({"--address", "nix"}));
  ASSERT_FALSE(option);
  EXPECT_EQ(option.error().message,
            "--address: expected HOST:PORT or a port, got \"nix\"; write it as 127.0.0.1:3500");
  const Variable http("EDGELANE_HTTP", "nix");
  EXPECT_TRUE(find_hub(with({})).error().message.starts_with("EDGELANE_HTTP: "));
  EXPECT_FALSE(find_hub(with({"--address", "1", "--socket", "/s"})));
  EXPECT_FALSE(find_hub(with({"--socket", std::string(108, 's')})));
}

TEST_F(HubAddressTest, AnAppsOwnHubWinsOverTheEnvironment) {
  Instance instance;
  instance.app_id = "lamp";
  instance.http_port = 3604;
  ASSERT_TRUE(register_instance(instance));
  const Variable port("DAPR_HTTP_PORT", "3601");
  EXPECT_EQ(find_hub_of(with({}), "lamp")->address.text(), "127.0.0.1:3604");
  EXPECT_EQ(find_hub_of(with({}), "speaker")->address.text(), "127.0.0.1:3601");
  EXPECT_EQ(find_hub_of(with({"--address", "1"}), "lamp")->address.text(), "127.0.0.1:1");
  unregister_instance();
}

TEST_F(HubAddressTest, ReadsTheTimeout) {
  EXPECT_EQ(*timeout_of(with({})), std::chrono::seconds(60));
  EXPECT_EQ(*timeout_of(with({"--timeout", "1.5s"})), std::chrono::milliseconds(1500));
  EXPECT_EQ(*timeout_of(with({"--timeout", "0"})), Duration::zero());
  EXPECT_FALSE(timeout_of(with({"--timeout", "-1s"})));
  EXPECT_FALSE(timeout_of(with({"--timeout", "soon"})));
}

}  // namespace
}  // namespace edge::cli
