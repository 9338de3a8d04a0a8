#include "edge/api/http/event_answer.h"

#include <gtest/gtest.h>

namespace edge::api {
namespace {

using blocks::Outcome;
using blocks::Verdict;

// "done", "retry: the app answered RETRY"
std::string text(const Outcome& outcome) {
  switch (outcome.verdict) {
    case Verdict::kDone:
      return "done" + outcome.why;
    case Verdict::kRetry:
      return "retry: " + outcome.why;
    case Verdict::kDrop:
      return "drop: " + outcome.why;
  }
  return "";
}

TEST(EventAnswer, TheStatusSpeaksWhereItIsNoSuccess) {
  EXPECT_EQ(text(outcome_of(404, R"({"status":"SUCCESS"})")),
            "drop: the app answered 404: nothing is at the route");
  EXPECT_EQ(text(outcome_of(500, "")), "retry: the app answered 500");
  EXPECT_EQ(text(outcome_of(503, "busy")), "retry: the app answered 503: busy");
  EXPECT_EQ(text(outcome_of(301, "")), "retry: the app answered 301");
  EXPECT_EQ(outcome_of(503, "").status, 503);
}

TEST(EventAnswer, ALongBodyIsCutInTheReason) {
  EXPECT_LT(outcome_of(500, std::string(1 << 20, 'x')).why.size(), 300U);
}

TEST(EventAnswer, TheBodySpeaksWhereItIs) {
  for (const char* body : {"", " \n", "no JSON", "7", "[]", "{}", R"({"status":""})",
                           R"({"status":null})", R"({"status":"SUCCESS"})", R"({"status":7})"}) {
    EXPECT_EQ(text(outcome_of(200, body)), "done") << body;
  }
  EXPECT_EQ(text(outcome_of(204, "")), "done");
  EXPECT_EQ(text(outcome_of(200, R"({"status":"DROP"})")), "drop: the app answered DROP");
  EXPECT_EQ(text(outcome_of(299, R"({"status":"RETRY"})")), "retry: the app answered RETRY");
  EXPECT_EQ(text(outcome_of(200, R"({"status":"success"})")),
            "retry: the app answered an unknown status 'success'");
}

std::vector<std::string> texts(int status, std::string_view body) {
  std::vector<std::string> all;
  for (const Outcome& outcome : outcomes_of(status, body, {"1", "2", "3"})) {
    all.push_back(text(outcome));
  }
  return all;
}

TEST(EventAnswer, EntriesOfABulkFareAsTheirStatusSays) {
  const auto told = texts(200, R"({"statuses":[{"entryId":"3","status":"DROP"},
      {"entryId":"1","status":"SUCCESS"},{"entryId":"2","status":"RETRY"},
      {"entryId":"other","status":"DROP"}]})");
  EXPECT_EQ(told, (std::vector<std::string>{"done", "retry: the app answered RETRY",
                                            "drop: the app answered DROP"}));
}

TEST(EventAnswer, AnEntryWithoutAStatusComesAgain) {
  const std::string missing = "retry: the app gave no status for it";
  const std::vector<std::string> none(3, missing);
  for (const char* body : {"", "x", "[]", "{}", R"({"statuses":7})", R"({"statuses":[7,"1",null]})",
                           R"({"statuses":[{"entryId":7,"status":"SUCCESS"}]})"}) {
    EXPECT_EQ(texts(200, body), none) << body;
  }
  const auto told = texts(200, R"({"statuses":[{"entryId":"2","status":"SUCCESS"}]})");
  EXPECT_EQ(told, (std::vector<std::string>{missing, "done", missing}));
}

TEST(EventAnswer, TheStatusOfABulkSpeaksForAll) {
  const std::string body = R"({"statuses":[{"entryId":"1","status":"SUCCESS"}]})";
  EXPECT_EQ(texts(500, ""), std::vector<std::string>(3, "retry: the app answered 500"));
  EXPECT_EQ(texts(404, body),
            std::vector<std::string>(3, "drop: the app answered 404: nothing is at the route"));
}

}  // namespace
}  // namespace edge::api
