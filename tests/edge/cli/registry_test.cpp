#include "edge/cli/registry.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/edge/cli/environment.h"
#include "tests/support/temp_dir.h"

namespace edge::cli {
namespace {

class RegistryTest : public testing::Test {
 protected:
  [[nodiscard]] std::string folder() const { return directory_.path() + "/edgelane"; }

  void write(const std::string& name, const std::string& text) const {
    ASSERT_TRUE(runtime_directory());
    std::ofstream(folder() + "/" + name) << text;
  }
  [[nodiscard]] bool exists(const std::string& name) const {
    return std::filesystem::exists(folder() + "/" + name);
  }

  test::TempDir directory_;
  Variable runtime_{"XDG_RUNTIME_DIR", directory_.path()};
};

// The id of a process that has ended.
pid_t gone() {
  const pid_t process = ::fork();
  if (process == 0) ::_exit(0);
  ::waitpid(process, nullptr, 0);
  return process;
}

TEST_F(RegistryTest, KnowsWhatRuns) {
  Instance instance;
  instance.app_id = "lamp";
  instance.http_port = 3500;
  instance.app_port = 9001;
  instance.hub_pid = 7;
  instance.app_pid = 8;
  instance.started = 1234;
  instance.command = "./lamp --name \"a b\"";
  ASSERT_TRUE(register_instance(instance));
  const auto found = running_instances();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].app_id, "lamp");
  EXPECT_EQ(found[0].http_port, 3500);
  EXPECT_EQ(found[0].app_port, 9001);
  EXPECT_EQ(found[0].cli_pid, ::getpid());
  EXPECT_EQ(found[0].app_pid, 8);
  EXPECT_EQ(found[0].command, instance.command);
  unregister_instance();
  EXPECT_TRUE(running_instances().empty());
}

TEST_F(RegistryTest, ForgetsWhatHasEnded) {
  const std::string name = "run-" + std::to_string(gone());
  write(name + ".json", R"({"appId":"lamp","cliTicks":1})");
  write(name + ".notify", "");
  EXPECT_TRUE(running_instances().empty());
  EXPECT_FALSE(exists(name + ".json"));
  EXPECT_FALSE(exists(name + ".notify"));
}

TEST_F(RegistryTest, IsNotDeceivedByAProcessIdUsedAgain) {
  const std::string name = "run-" + std::to_string(::getpid()) + ".json";
  write(name, R"({"appId":"lamp","cliTicks":1})");
  EXPECT_TRUE(running_instances().empty());
  EXPECT_FALSE(exists(name));
}

TEST_F(RegistryTest, DropsWhatCannotBeReadAndLeavesTheRest) {
  const std::string name = "run-" + std::to_string(::getpid()) + ".json";
  write(name, "{half");
  write("notes.txt", "mine");
  write("run-x.json", "{}");
  EXPECT_TRUE(running_instances().empty());
  EXPECT_FALSE(exists(name));
  EXPECT_TRUE(exists("notes.txt"));
  EXPECT_TRUE(exists("run-x.json"));
}

TEST_F(RegistryTest, KeepsItsDirectoryPrivate) {
  std::filesystem::create_directory(folder());
  ::chmod(folder().c_str(), 0755);
  ASSERT_TRUE(runtime_directory());
  struct stat info{};
  ASSERT_EQ(::stat(folder().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700U);
}

TEST_F(RegistryTest, RefusesADirectoryThatIsALink) {
  std::filesystem::create_directory(directory_.path() + "/elsewhere");
  std::filesystem::create_symlink(directory_.path() + "/elsewhere", folder());
  EXPECT_FALSE(runtime_directory());
  EXPECT_TRUE(running_instances().empty());
  EXPECT_FALSE(register_instance({}));
}

TEST_F(RegistryTest, TellsProcessesApart) {
  EXPECT_NE(start_ticks(::getpid()), 0U);
  EXPECT_EQ(start_ticks(::getpid()), start_ticks(::getpid()));
  EXPECT_EQ(start_ticks(gone()), 0U);
}

}  // namespace
}  // namespace edge::cli
