#include "sync/run/downlink.h"

#include <gtest/gtest.h>

namespace edge::sync {
namespace {

Result<Downlink> read(const std::string& topic, const std::string& payload) {
  return read_downlink({.hub = "hub42"}, {1, topic, payload});
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

// Each lane has its prefix from a team, and one has a name of its own.
class TeamWays final : public LaneWays {
 public:
  [[nodiscard]] std::string prefix(std::string_view lane) const override {
    return lane == "gray" ? "team/gray/" : LaneWays::prefix(lane);
  }
  [[nodiscard]] std::optional<std::string> lane_at(std::string_view prefix) const override {
    return prefix == "team/gray/" ? "gray" : LaneWays::lane_at(prefix);
  }
};

TEST(SyncDownlink, ALaneIsKnownByItsPrefix) {
  const TeamWays ways;
  const DownlinkOptions options{.hub = "hub42", .ways = ways};
  auto said = read_downlink(
      options, {1, "team/gray/e1/d/hub42", R"({"id":"c","source":"s","replyto":"elsewhere"})"});
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_EQ(std::get<Command>(*said).lane.id, "gray");
  EXPECT_EQ(std::get<Command>(*said).reply_to, "team/gray/e1/a/hub42");
  EXPECT_FALSE(read_downlink(options, {1, "team/blue/e1/d/hub42", R"({"id":"c","source":"s"})"}));
}

TEST(SyncDownlink, AnAssignmentHasToBeSignedWhereThereAreKeys) {
  const DownlinkOptions options{.hub = "hub42",
                                .keys = std::make_shared<const std::vector<tls::VerifyKey>>()};
  for (const char* text : {R"({"hub":"hub42","lane":"gray","gen":1})",
                           R"({"hub":"hub42","lane":"gray","gen":1,"sig":"AAAA"})",
                           R"({"hub":"hub42","lane":"gray","gen":1,"sig":7})"}) {
    const auto said = read_assignment(options, text);
    ASSERT_FALSE(said) << text;
    EXPECT_EQ(said.error().code, Code::kPermissionDenied);
    EXPECT_FALSE(read_downlink(options, {1, "e1/l/hub42", text}));
  }
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
