#include "sync/run/downlink.h"

#include <gtest/gtest.h>

namespace edge::sync {
namespace {

Result<Downlink> read(const std::string& topic, const std::string& payload) {
  return read_downlink("hub42", {1, topic, payload});
}

Command command(const std::string& topic, const std::string& payload) {
  auto said = read(topic, payload);
  EXPECT_TRUE(said) << said.error().message;
  return said ? std::get<Command>(*said) : Command();
}

TEST(SyncDownlink, ACommandHasItsLaneAndItsDeadline) {
  const auto read = command("gray1/e1/d/hub42", R"({"type":"io.edgelane.cmd.v1","id":"c-1",
      "source":"/cloud/ops","subject":"lamp","lanegen":42,"expirytime":"2026-11-23T16:00:00Z",
      "replyto":"gray1/e1/a/hub42","data":{"op":"invoke","idempotent":true}})");
  EXPECT_EQ(read.id, "c-1");
  EXPECT_EQ(read.issuer, "/cloud/ops");
  EXPECT_EQ(read.subject, "lamp");
  EXPECT_EQ(read.reply_to, "gray1/e1/a/hub42");
  EXPECT_EQ(read.lane, (Lane{"gray1", 42}));
  EXPECT_EQ(read.payload, R"({"idempotent":true,"op":"invoke"})");
  EXPECT_TRUE(read.idempotent);
  EXPECT_EQ(read.expires, WallTime(std::chrono::seconds(1'795'449'600)));
}

TEST(SyncDownlink, RepliesGoToThisHubsTopicsAlone) {
  for (const char* wanted : {"e1/a/other", "a/b/e1/a/hub42", "x", "+/e1/a/hub42"}) {
    const auto read = command("gray1/e1/d/hub42", R"({"id":"c","source":"s","replyto":")" +
                                                      std::string(wanted) + R"("})");
    EXPECT_EQ(read.reply_to, "gray1/e1/a/hub42") << wanted;
  }
  EXPECT_EQ(command("e1/d/hub42", R"({"id":"c","source":"s"})").reply_to, "");
}

TEST(SyncDownlink, AnAssignmentHasDefaults) {
  auto said = read("e1/l/hub42", R"({"lane":"gray1","gen":42})");
  ASSERT_TRUE(said) << said.error().message;
  Assignment assignment = std::get<Assignment>(*said);
  EXPECT_EQ(assignment.lane, (Lane{"gray1", 42}));
  EXPECT_EQ(assignment.drain, DrainMode::kKeep);
  EXPECT_EQ(assignment.probation, std::chrono::minutes(10));
  said = read("e1/l/hub42", R"({"lane":"base","gen":43,"drain":"retag","drain_max_s":60,
      "probation_s":5,"on_expire":"base","expires":"2026-11-23T16:00:00Z"})");
  ASSERT_TRUE(said) << said.error().message;
  assignment = std::get<Assignment>(*said);
  EXPECT_EQ(assignment.drain, DrainMode::kRetag);
  EXPECT_EQ(assignment.drain_limit, std::chrono::minutes(1));
  EXPECT_EQ(assignment.probation, std::chrono::seconds(5));
  EXPECT_EQ(assignment.on_expiry, OnExpiry::kBase);
  EXPECT_TRUE(assignment.expires);
}

TEST(SyncDownlink, WhatIsWrongIsNamed) {
  struct Case {
    const char* topic;
    const char* payload;
    const char* said;
  };
  const Case cases[] = {
      {"e1/d/hub42", "{", "JSON"},
      {"e1/d/hub42", "[]", "no JSON object"},
      {"e1/d/hub42", R"({"source":"s"})", "id is missing"},
      {"e1/d/hub42", R"({"id":"c"})", "source is missing"},
      {"e1/d/hub42", R"({"id":7,"source":"s"})", "id"},
      {"e1/d/hub42", R"({"id":"c","source":"s","expirytime":"soon"})", "expirytime"},
      {"e1/d/hub42", R"({"id":"c","source":"s","lanegen":-1})", "lanegen"},
      {"e1/d/hub42", R"({"id":"c","source":"s","data":{"idempotent":1}})", "idempotent"},
      {"Gray/e1/d/hub42", R"({"id":"c","source":"s"})", "topic"},
      {"e1/d/hub4", "{}", "topic"},
      {"e1/l/hub42", R"({"gen":1})", "lane is missing"},
      {"e1/l/hub42", R"({"lane":"gray1"})", "gen is missing"},
      {"e1/l/hub42", R"({"lane":"a/b","gen":1})", "a/b"},
      {"e1/l/hub42", R"({"lane":"a","gen":1,"drain":"later"})", "drain"},
      {"e1/l/hub42", R"({"lane":"a","gen":1,"drain_max_s":99999999999})", "drain_max_s"},
  };
  for (const auto& one : cases) {
    const auto said = read(one.topic, one.payload);
    ASSERT_FALSE(said) << one.payload;
    EXPECT_EQ(said.error().code, Code::kInvalidArgument);
    EXPECT_NE(said.error().message.find(one.said), std::string::npos) << said.error().message;
  }
  const auto taken_back = read("e1/l/hub42", "");
  ASSERT_TRUE(taken_back);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(*taken_back));
}

}  // namespace
}  // namespace edge::sync
