#include "edge/cli/hub_status.h"

#include <gtest/gtest.h>

namespace edge::cli {
namespace {

TEST(HubStatus, IsReadFromWhatTheHubWrites) {
  const auto status = read_status(
      R"({"version":"0.1.0","daprVersion":"1.18.3","uptimeSeconds":61,"defaultApp":"terminal",)"
      R"("apps":[{"id":"lamp","lane":"qa","address":"127.0.0.1","port":9001,"started":true,)"
      R"("health":"healthy","maxConcurrency":4},{"id":"terminal","lane":"base","started":true,)"
      R"("health":"unchecked","maxConcurrency":0}],)"
      R"("components":[{"name":"statestore","type":"state.sqlite","version":"v1"}]})");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->version, "0.1.0");
  EXPECT_EQ(status->uptime, std::chrono::seconds(61));
  ASSERT_EQ(status->apps.size(), 2U);
  EXPECT_EQ(status->apps[0].place(), "127.0.0.1:9001");
  EXPECT_EQ(status->apps[0].state(), "healthy");
  EXPECT_EQ(status->apps[0].lane, "qa");
  EXPECT_EQ(status->apps[0].max_concurrency, 4);
  EXPECT_EQ(status->apps[1].place(), "-");
  EXPECT_EQ(status->apps[1].state(), "running");
  ASSERT_EQ(status->components.size(), 1U);
  EXPECT_EQ(status->components[0].type, "state.sqlite");
}

TEST(HubStatus, AnAppIsStartingUntilItAnswered) {
  const auto status = read_status(
      R"({"apps":[{"id":"lamp","address":"unix:/run/lamp.sock","health":"unhealthy"}]})");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->apps[0].state(), "starting");
  EXPECT_EQ(status->apps[0].place(), "unix:/run/lamp.sock");
}

TEST(HubStatus, WhatIsNoStatusIsRefused) {
  EXPECT_FALSE(read_status("<html>"));
  EXPECT_FALSE(read_status("{}"));
  EXPECT_FALSE(read_status("[]"));
  const auto odd = read_status(R"({"apps":[{"id":3,"port":99999,"started":"yes"}]})");
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->apps[0].id, "");
  EXPECT_EQ(odd->apps[0].port, 0);
  EXPECT_FALSE(odd->apps[0].started);
}

}  // namespace
}  // namespace edge::cli
