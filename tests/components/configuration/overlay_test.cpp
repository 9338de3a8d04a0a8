#include "components/configuration/overlay.h"

#include <gtest/gtest.h>

namespace edge::configuration {
namespace {

using replica::Differences;
using replica::Value;
using replica::Values;

// A lane's view as "key=value" words.
std::string words(const Overlay::Seen& seen) {
  std::string text;
  for (const auto& [key, value] : seen) {
    text += (text.empty() ? "" : " ") + key + (value == nullptr ? "-" : "=" + value->text);
  }
  return text;
}

class OverlayTest : public testing::Test {
 protected:
  Values base_ = {{"a", {"base", 1}}, {"b", {"base", 1}}, {"c", {"base", 1}}};
  Values lanes_ = {{"gray/b", {"gray", 2}},
                   {"gray/d", {"gray", 2}},
                   {"gray", {"no", 2}},
                   {"gray-2/a", {"no", 2}},
                   {"qa/a/x", {"qa", 2}}};
  Values hub_ = {{"c", {"hub", 3}}};
  Overlay overlay_{{{&base_}, {&lanes_, LayerKind::kByLane}, {&hub_}}};
};

TEST_F(OverlayTest, TheHighestLayerCounts) {
  EXPECT_EQ(words(overlay_.all({})), "a=base b=base c=hub");
  EXPECT_EQ(words(overlay_.all({"gray", ""})), "a=base b=gray c=hub d=gray");
  EXPECT_EQ(words(overlay_.all({"qa", ""})), "a=base a/x=qa b=base c=hub");
  EXPECT_EQ(words(overlay_.all({"none", ""})), "a=base b=base c=hub");
  EXPECT_EQ(overlay_.find({"gray", ""}, "b")->text, "gray");
  EXPECT_EQ(overlay_.find({}, "b")->text, "base");
  EXPECT_EQ(overlay_.find({"gray", ""}, "c")->text, "hub");
  EXPECT_EQ(overlay_.find({}, "d"), nullptr);
  EXPECT_EQ(overlay_.find({}, "gray/d"), nullptr);
}

TEST_F(OverlayTest, OnlyWhatALaneSeesChangesForIt) {
  const Differences base = {{"a", Value{"old", 1}, Value{"base", 4}},
                            {"b", Value{"old", 1}, Value{"base", 4}},
                            {"c", Value{"old", 1}, Value{"base", 4}}};
  EXPECT_EQ(words(overlay_.changed(0, {}, base)), "a=base b=base");
  EXPECT_EQ(words(overlay_.changed(0, {"gray", ""}, base)), "a=base");
  const Differences lane = {{"gray/b", std::nullopt, Value{"gray", 4}},
                            {"gray/d", std::nullopt, Value{"gray", 4}},
                            {"gray/c", std::nullopt, Value{"gray", 4}},
                            {"gray-2/a", std::nullopt, Value{"no", 4}}};
  EXPECT_EQ(words(overlay_.changed(1, {}, lane)), "");
  EXPECT_EQ(words(overlay_.changed(1, {"gray", ""}, lane)), "b=gray d=gray");
}

TEST_F(OverlayTest, WhatLiesBelowIsSeenAgain) {
  hub_.clear();
  const Differences gone = {{"c", Value{"hub", 3}, std::nullopt}};
  EXPECT_EQ(words(overlay_.changed(2, {}, gone)), "c=base");
  base_.erase("c");
  EXPECT_EQ(words(overlay_.changed(2, {}, gone)), "c-");
}

TEST_F(OverlayTest, TheSameTextIsNoChange) {
  EXPECT_EQ(words(overlay_.changed(2, {}, {{"c", Value{"hub", 1}, Value{"hub", 3}}})), "");
  EXPECT_EQ(words(overlay_.changed(2, {}, {{"c", std::nullopt, Value{"base", 3}}})), "")
      << "it says what lay below";
}

TEST(OverlayOfDevices, ADeviceSeesItsOwnAboveAllOthers) {
  const Values base = {{"a", {"base", 1}}, {"b", {"base", 1}}};
  const Values lanes = {{"gray/b", {"gray", 2}}};
  const Values devices = {{"lamp/b", {"lamp", 3}}, {"lamp2/a", {"lamp2", 3}}};
  const Overlay overlay{
      {{&base}, {&lanes, LayerKind::kByLane}, {&devices, LayerKind::kByDevice, "h1-"}}};
  EXPECT_EQ(words(overlay.all({"gray", ""})), "a=base b=gray");
  EXPECT_EQ(words(overlay.all({"gray", "h1-lamp"})), "a=base b=lamp");
  EXPECT_EQ(words(overlay.all({"", "h1-lamp2"})), "a=lamp2 b=base");
  EXPECT_EQ(words(overlay.all({"", "lamp"})), "a=base b=base") << "it is another hub's";
  EXPECT_EQ(words(overlay.all({"", "h1-none"})), "a=base b=base");
  const Differences gone = {{"lamp/b", Value{"lamp", 3}, std::nullopt}};
  EXPECT_EQ(words(overlay.changed(2, {"", "h1-lamp2"}, gone)), "");
  EXPECT_EQ(words(overlay.changed(2, {}, gone)), "");
  EXPECT_EQ(words(overlay.changed(0, {"", "h1-lamp"}, {{"b", std::nullopt, Value{"base", 1}}})), "")
      << "its own covers it";
}

}  // namespace
}  // namespace edge::configuration
