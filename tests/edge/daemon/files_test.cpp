#include "edge/daemon/resources/files.h"

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/edge/daemon/resources_support.h"
#include "tests/support/temp_dir.h"

namespace edge::daemon {
namespace {

class ResourceFiles : public ::testing::Test {
 protected:
  std::string path(std::string_view name) const { return directory_.file(std::string(name)); }

  void write(std::string_view name, std::string_view text) const {
    std::ofstream(path(name)) << text;
  }

  static std::string app(std::string_view id) {
    return "apiVersion: edgelane.dev/v1\nkind: App\nmetadata: {name: " + std::string(id) + "}\n";
  }

  std::string fault(const LoadRequest& request) const {
    const auto resources = load_resources(request);
    return resources ? "" : resources.error().message;
  }

  test::TempDir directory_;
};

TEST_F(ResourceFiles, YamlFilesDirectlyInADirectoryByName) {
  write("b.yml", app("two"));
  write("a.yaml", app("one"));
  write("c.txt", "not: [yaml");
  std::filesystem::create_directory(path("sub.yaml"));
  write("sub.yaml/d.yaml", app("three"));
  const auto resources = load_resources({.paths = {path("")}});
  ASSERT_TRUE(resources) << resources.error().message;
  ASSERT_EQ(resources->apps.size(), 2u);
  EXPECT_EQ(resources->apps[0].id, "one");
  EXPECT_EQ(resources->apps[1].id, "two");
}

TEST_F(ResourceFiles, SeveralPathsAndSingleFiles) {
  write("a.yaml", app("one"));
  write("b.txt", app("two"));
  const auto resources = load_resources({.paths = {path("a.yaml"), path("b.txt")}});
  ASSERT_TRUE(resources) << resources.error().message;
  EXPECT_EQ(resources->apps.size(), 2u);
}

TEST_F(ResourceFiles, ConfigFilesComeLast) {
  write("config.yaml", "spec: {accessControl: {trustDomain: file}}\n");
  write("a.yaml",
        "apiVersion: dapr.io/v1alpha1\nkind: Configuration\nspec: {accessControl: {trustDomain: "
        "directory, defaultAction: deny}}\n");
  LoadRequest request;
  request.paths = {path("a.yaml")};
  request.config_files = {path("config.yaml")};
  request.configurations = ConfigurationDocuments::kRead;
  const auto resources = load_resources(request);
  ASSERT_TRUE(resources) << resources.error().message;
  EXPECT_EQ(resources->configuration.access_control->trust_domain, "file");
  EXPECT_EQ(resources->configuration.access_control->default_action, Access::kDeny);
}

TEST_F(ResourceFiles, WhatCannotBeReadIsNamed) {
  const std::string remedy = "; check the path and its permissions";
  EXPECT_EQ(fault({.paths = {path("none")}}),
            path("none") + ": cannot be read: No such file or directory" + remedy);
  EXPECT_EQ(fault({.config_files = {path("none.yaml")}}),
            path("none.yaml") + ": cannot be read: No such file or directory" + remedy);
  EXPECT_EQ(fault({.config_files = {directory_.path()}}),
            directory_.path() + ": cannot be read: it is a directory" + remedy);
  ASSERT_EQ(mkfifo(path("pipe.yaml").c_str(), 0600), 0);
  EXPECT_EQ(fault({.paths = {directory_.path()}}),
            path("pipe.yaml") + ": cannot be read: no file" + remedy);
}

TEST_F(ResourceFiles, AFileThatMayNotBeReadIsNamed) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  write("a.yaml", "");
  std::filesystem::permissions(path("a.yaml"), std::filesystem::perms::none);
  EXPECT_EQ(
      fault({.paths = {directory_.path()}}),
      path("a.yaml") + ": cannot be read: Permission denied; check the path and its permissions");
}

TEST_F(ResourceFiles, ADanglingLinkIsNamed) {
  std::filesystem::create_symlink(path("gone"), path("a.yaml"));
  EXPECT_EQ(fault({.paths = {directory_.path()}}),
            path("a.yaml") +
                ": cannot be read: No such file or directory; check the path and its permissions");
}

TEST_F(ResourceFiles, ADefaultDirectoryMayBeMissing) {
  const LogCapture log;
  EXPECT_EQ(fault({.paths = {path("none")}, .missing = MissingPath::kIsIgnored}), "");
  EXPECT_EQ(log.lines_with("no resources: the directory does not exist"), 1);
}

TEST_F(ResourceFiles, TheSizeOfAFileIsBounded) {
  write("big.yaml", std::string(kMaxFileBytes + 1, '#'));
  EXPECT_EQ(fault({.paths = {directory_.path()}}),
            path("big.yaml") + ": is over 1 MiB; split it into several files");
  write("big.yaml", std::string(kMaxFileBytes, '#'));
  EXPECT_EQ(fault({.paths = {directory_.path()}}), "");
}

TEST_F(ResourceFiles, TheNumberOfFilesIsBounded) {
  for (std::size_t i = 0; i <= kMaxFiles; ++i) write(std::to_string(i) + ".yaml", "");
  EXPECT_EQ(fault({.paths = {directory_.path()}}),
            directory_.path() + ": holds over 1000 resource files; join some of them");
}

}  // namespace
}  // namespace edge::daemon
