#include "edge/cli/commands.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/base/strings.h"

namespace edge::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Printed {
  int code;
  std::string out;
  std::string error;
};

Printed call(const std::vector<std::string>& words) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = dispatch(words);
  return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

std::vector<OptionRow> options_of(const Command& command) {
  std::vector<OptionRow> all;
  for (const auto& group : command.options) all.insert(all.end(), group.begin(), group.end());
  return all;
}

TEST(Commands, AreWholeAndDiffer) {
  std::set<std::string_view> names;
  for (const Command& command : commands()) {
    EXPECT_TRUE(names.insert(command.name).second) << command.name;
    EXPECT_NE(command.run, nullptr) << command.name;
    EXPECT_FALSE(command.summary.empty()) << command.name;
    std::set<std::string_view> options = {"help"};
    std::set<char> letters = {'h'};
    for (const OptionRow& option : options_of(command)) {
      EXPECT_TRUE(options.insert(option.name).second) << command.name << " " << option.name;
      EXPECT_FALSE(option.help.empty()) << command.name << " " << option.name;
      if (option.letter == '\0') continue;
      EXPECT_TRUE(letters.insert(option.letter).second) << command.name << " -" << option.letter;
    }
  }
}

TEST(Commands, HelpFitsTheScreenAndNamesEveryOption) {
  for (const Command& command : commands()) {
    const std::string text = help_text(command);
    for (const std::string_view line : split(text, '\n')) EXPECT_LE(line.size(), 100U) << line;
    for (const OptionRow& option : options_of(command)) {
      EXPECT_THAT(text, HasSubstr("--" + std::string(option.name))) << command.name;
    }
  }
  for (const std::string_view line : split(overview_text(), '\n')) EXPECT_LE(line.size(), 100U);
}

TEST(Commands, HelpIsPrintedHoweverItIsAskedFor) {
  const std::string overview = overview_text();
  for (const std::string word : {"help", "--help", "-h"}) EXPECT_EQ(call({word}).out, overview);
  const Printed one = call({"help", "state", "get"});
  EXPECT_EQ(one.code, 0);
  EXPECT_THAT(one.out, StartsWith("Usage: edgelane state get"));
  EXPECT_EQ(call({"state", "get", "--help"}).out, one.out);
  const Printed group = call({"state", "--help"});
  EXPECT_EQ(group.code, 0);
  EXPECT_THAT(group.out, StartsWith("Usage: edgelane state COMMAND"));
}

TEST(Commands, WithoutOneTheyAreListedAsAnError) {
  const Printed none = call({});
  EXPECT_EQ(none.code, 2);
  EXPECT_EQ(none.out, "");
  EXPECT_EQ(none.error, overview_text());
  EXPECT_EQ(call({"state"}).error, overview_text("state"));
  EXPECT_EQ(call({"state", "nix"}).code, 2);
  const Printed unknown = call({"nix"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_EQ(unknown.error,
            "edgelane: unknown command \"nix\"; edgelane --help lists the commands\n");
}

TEST(Commands, VersionComesInBothForms) {
  EXPECT_THAT(call({"--version"}).out, StartsWith("edgelane "));
  EXPECT_THAT(call({"version", "-o", "json"}).out, HasSubstr("\"daprVersion\":"));
  EXPECT_EQ(call({"version", "-o", "yaml"}).code, 2);
}

TEST(Commands, CompletionNamesEveryCommandAndOption) {
  const std::string bash = call({"completion", "bash"}).out;
  const std::string fish = call({"completion", "fish"}).out;
  EXPECT_THAT(call({"completion", "zsh"}).out, HasSubstr("bashcompinit"));
  for (const Command& command : commands()) {
    EXPECT_THAT(bash, HasSubstr(std::string(command.name))) << command.name;
    for (const OptionRow& option : options_of(command)) {
      EXPECT_THAT(bash, HasSubstr("--" + std::string(option.name)));
      EXPECT_THAT(fish, HasSubstr(" -l " + std::string(option.name)));
    }
  }
  const Printed unknown = call({"completion", "csh"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_EQ(unknown.error, "edgelane: no completion for \"csh\"; bash, zsh or fish\n");
}

}  // namespace
}  // namespace edge::cli
