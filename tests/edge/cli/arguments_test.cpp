#include "edge/cli/arguments.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edge::cli {
namespace {

using testing::ElementsAre;

constexpr auto kOptions = std::to_array<OptionRow>({
    {"app-id", "ID", "", "The app", 'a'},
    {"verb", "VERB", "POST", "The verb", 'v'},
    {"json", "", "", "As JSON"},
});

Command command(Command::Operands kind = Command::Operands::kPlain) {
  return {.name = "call",
          .operands = "KEY",
          .summary = "Call",
          .options = {kOptions},
          .fewest = 1,
          .most = 2,
          .kind = kind};
}

Result<Arguments> parse(const Command& of, const std::vector<std::string>& words) {
  return parse_arguments(of, words);
}

TEST(Arguments, TakesEveryFormOfAnOption) {
  const Command call = command();
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--app-id", "lamp", "k"},
                                             {"--app-id=lamp", "k"},
                                             {"k", "-app-id", "lamp"},
                                             {"-a", "lamp", "k"},
                                             {"-a=lamp", "k"}}) {
    const auto parsed = parse(call, words);
    ASSERT_TRUE(parsed) << words.front();
    EXPECT_EQ(parsed->get("app-id"), "lamp");
    EXPECT_THAT(parsed->operands(), ElementsAre("k"));
  }
}

TEST(Arguments, GivesTheLastValueElseTheDefault) {
  const Command call = command();
  const auto parsed = parse(call, {"-a", "x", "-a", "", "-a", "y", "k"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->get("app-id"), "y");
  EXPECT_THAT(parsed->all("app-id"), ElementsAre("x", "", "y"));
  EXPECT_EQ(parsed->get("verb"), "POST");
  EXPECT_FALSE(parsed->has("verb"));
  EXPECT_TRUE(parsed->all("verb").empty());
}

TEST(Arguments, SwitchesAreOnWhereTheyStandAlone) {
  const Command call = command();
  EXPECT_TRUE(parse(call, {"--json", "k"})->is_on("json"));
  EXPECT_FALSE(parse(call, {"--json=false", "k"})->is_on("json"));
  EXPECT_FALSE(parse(call, {"k"})->is_on("json"));
  const auto wrong = parse(call, {"--json=maybe", "k"});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message, "--json is true or false, not \"maybe\"");
}

TEST(Arguments, AValueMayLookLikeAnOption) {
  const Command call = command();
  const auto parsed = parse(call, {"--verb", "--json", "-"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->get("verb"), "--json");
  EXPECT_FALSE(parsed->is_on("json"));
  EXPECT_THAT(parsed->operands(), ElementsAre("-"));
}

TEST(Arguments, NothingAfterTwoDashesIsAnOption) {
  const Command call = command();
  const auto parsed = parse(call, {"--", "--json", "--"});
  ASSERT_TRUE(parsed);
  EXPECT_THAT(parsed->operands(), ElementsAre("--json", "--"));
}

TEST(Arguments, ACommandKeepsItsOwnOptions) {
  Command run = command(Command::Operands::kCommand);
  run.most = SIZE_MAX;
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"-a", "lamp", "--", "./lamp", "--json", "--", "-a"},
                                             {"-a", "lamp", "./lamp", "--json", "--", "-a"}}) {
    const auto parsed = parse(run, words);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->get("app-id"), "lamp");
    EXPECT_FALSE(parsed->is_on("json"));
    EXPECT_THAT(parsed->operands(), ElementsAre("./lamp", "--json", "--", "-a"));
  }
}

TEST(Arguments, SaysWhatIsWrongAndWhatToDo) {
  const Command call = command();
  const auto message = [&call](const std::vector<std::string>& words) {
    const auto parsed = parse(call, words);
    return parsed ? "no error" : parsed.error().message;
  };
  EXPECT_EQ(message({"--nix=3", "k"}), "unknown option --nix; see edgelane call --help");
  EXPECT_EQ(message({"k", "-x"}), "unknown option -x; see edgelane call --help");
  EXPECT_EQ(message({"k", "--app-id"}), "--app-id needs a value; write --app-id ID");
  EXPECT_EQ(message({}), "missing: KEY; see edgelane call --help");
  EXPECT_EQ(message({"a", "b", "c"}), "unexpected \"c\"; see edgelane call --help");
}

TEST(Arguments, HelpNeedsNoOperands) {
  const Command call = command();
  EXPECT_TRUE(parse(call, {"--help"})->wants_help());
  EXPECT_TRUE(parse(call, {"-h"})->wants_help());
}

TEST(Arguments, ExitCodesTellWhoseFaultItIs) {
  EXPECT_EQ(exit_code({Code::kInvalidArgument, ""}), 2);
  EXPECT_EQ(exit_code({Code::kUnavailable, ""}), 3);
  EXPECT_EQ(exit_code({Code::kDeadlineExceeded, ""}), 3);
  EXPECT_EQ(exit_code({Code::kNotFound, ""}), 1);
}

}  // namespace
}  // namespace edge::cli
