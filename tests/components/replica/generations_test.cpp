// Two generations: what is served of what the source has, and what is gone back to.
#include "components/replica/generations.h"

#include <gtest/gtest.h>

#include "edge/base/random.h"

namespace edge::replica {
namespace {

const WallTime kNow{std::chrono::seconds(1000)};

// Keys of one letter with texts of one letter: "a1 b2".
Values values(std::string_view words, std::uint64_t revision = 1) {
  Values all;
  for (std::size_t at = 0; at + 1 < words.size(); at += 3) {
    all[std::string(1, words[at])] = {std::string(1, words[at + 1]), revision};
  }
  return all;
}

std::string words(const Values& all) {
  std::string text;
  for (const auto& [key, value] : all) text += (text.empty() ? "" : " ") + key + value.text;
  return text;
}

std::string words(const Differences& differences) {
  std::string text;
  for (const auto& [key, before, after] : differences) {
    if (before && after && before->text == after->text) continue;
    text += (text.empty() ? "" : " ") + key + (before ? before->text : "-") +
            (after ? after->text : "-");
  }
  return text;
}

class GenerationsTest : public testing::Test {
 protected:
  // The source has all of these; gives what is seen of it.
  std::string replace(std::string_view all) {
    Step step;
    step.differences = generations_.differences_to(values(all, ++revision_));
    step.as_of = kNow;
    Generations::Witnesses witnesses;
    if (has_state_) witnesses = well_;
    generations_.plan(step, {"c", revision_ - 1}, witnesses);
    generations_.take(step);
    has_state_ = true;
    return words(step.served());
  }
  std::string roll_back() {
    Step step;
    generations_.plan_rollback(step, kNow, "why");
    generations_.take(step);
    return words(step.served());
  }
  void prove() {
    Step step;
    generations_.plan_proof(step, kNow, {});
    generations_.take(step);
  }
  std::string served() const { return words(generations_.served()); }
  Standing standing() const { return generations_.guard().standing; }

  Generations generations_;
  std::set<std::string> well_ = {"lamp"};
  std::uint64_t revision_ = 0;
  bool has_state_ = false;
};

TEST_F(GenerationsTest, TheFirstNeedsNoProbation) {
  EXPECT_EQ(replace("a1 b1"), "a-1 b-1");
  EXPECT_EQ(standing(), Standing::kProven);
  EXPECT_EQ(generations_.keys(), 2U);
}

TEST_F(GenerationsTest, WhatIsRolledBackLeavesWhatWasProven) {
  replace("a1 b1 c1");
  EXPECT_EQ(replace("a2 c1 d1"), "a12 b1- d-1");
  EXPECT_EQ(standing(), Standing::kOnProbation);
  EXPECT_EQ(generations_.guard().proven_revision, 1U);
  EXPECT_EQ(generations_.guard().witnesses, well_);
  EXPECT_EQ(roll_back(), "a21 b-1 d1-");
  EXPECT_EQ(served(), "a1 b1 c1");
  EXPECT_EQ(standing(), Standing::kRolledBack);
  EXPECT_EQ(generations_.guard().reason, "why");
  EXPECT_EQ(generations_.keys(), 3U) << "of the source";
}

TEST_F(GenerationsTest, SeveralRevisionsOnProbationGoBackToTheProvenOne) {
  replace("a1 b1");
  replace("a2 b1");
  const auto first = generations_.trial();
  EXPECT_EQ(replace("a3 b2 c1"), "a23 b12 c-1");
  EXPECT_GT(generations_.trial(), first);
  EXPECT_EQ(generations_.guard().proven_revision, 1U);
  EXPECT_EQ(roll_back(), "a31 b21 c1-");
  EXPECT_EQ(served(), "a1 b1");
}

TEST_F(GenerationsTest, WhatHasPassedIsGoneBackTo) {
  replace("a1");
  replace("a2");
  prove();
  replace("a3");
  EXPECT_EQ(roll_back(), "a32");
}

TEST_F(GenerationsTest, WhatIsWithheldStaysSoUntilTheSourceHasSomethingElse) {
  replace("a1 b1");
  replace("a2 b1");
  roll_back();
  const Guard before = generations_.guard();
  EXPECT_EQ(replace("a2 b1"), "") << "the same, at a later revision";
  EXPECT_EQ(generations_.guard(), before);
  EXPECT_EQ(replace("a3 b1 c1"), "a13 c-1") << "from what is served";
  EXPECT_EQ(standing(), Standing::kOnProbation);
  EXPECT_EQ(served(), "a3 b1 c1");
  EXPECT_EQ(roll_back(), "a31 c1-");
  EXPECT_EQ(replace("a2 b1"), "a12") << "it was another one that was withheld last";
}

TEST_F(GenerationsTest, TheSourceThatGoesBackItselfIsProven) {
  replace("a1 b1");
  replace("a2");
  EXPECT_EQ(replace("a1 b1"), "a21 b-1");
  EXPECT_EQ(standing(), Standing::kProven);
  replace("a2");
  roll_back();
  EXPECT_EQ(replace("a1 b1"), "");
  EXPECT_EQ(standing(), Standing::kProven);
  EXPECT_EQ(served(), "a1 b1");
}

TEST_F(GenerationsTest, AnAppThatIsNotWellWithTheProvenOneIsNoWitness) {
  replace("a1");
  replace("a2");
  well_ = {};
  replace("a3");
  EXPECT_EQ(generations_.guard().witnesses, std::set<std::string>{"lamp"}) << "it was well";
  roll_back();
  replace("a4");
  EXPECT_EQ(generations_.guard().witnesses, std::set<std::string>{});
}

TEST_F(GenerationsTest, OtherRevisionsOfTheSameTextsNeedNoProbation) {
  replace("a1 b1");
  EXPECT_EQ(replace("a1 b1"), "");
  EXPECT_EQ(standing(), Standing::kProven);
}

TEST(Digest, IsOfKeysAndTexts) {
  EXPECT_EQ(digest_of({}), "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  EXPECT_EQ(digest_of(values("a1", 1)), digest_of(values("a1", 9)));
  EXPECT_EQ(digest_of({{"a", {"\"\n灯", 1}}}),
            "2437901b14efbb82ca956c392a2b9c5ea7a5d7c7eee4051838ecd4e3045bfa6e");
}

// Keeps whole maps, and is compared with.
struct Model {
  explicit Model(std::uint64_t seed) : random(seed) {}

  [[nodiscard]] const Values& expected() const {
    return standing == Standing::kRolledBack ? proven : source;
  }
  void end_probation(Step& step) {
    if (random.below(2) == 0) {
      generations.plan_proof(step, kNow, {});
      standing = Standing::kProven;
    } else {
      generations.plan_rollback(step, kNow, "why");
      withheld = source;
      standing = Standing::kRolledBack;
    }
  }
  void change_some(Step& step, std::uint64_t revision) {
    std::vector<Change> changes;
    for (std::uint64_t count = random.below(3); count > 0; --count) {
      const std::string key(1, static_cast<char>('a' + random.below(4)));
      const std::string text(1, static_cast<char>('0' + random.below(3)));
      changes.push_back({key, std::nullopt});
      source.erase(key);
      if (random.below(4) == 0) continue;
      changes.back().value = Value{text, revision};
      source[key] = {text, revision};
    }
    step.differences = generations.differences_to(changes);
    generations.plan(step, {"c", revision}, std::set<std::string>{});
    if (digest_of(source) == digest_of(proven)) {
      standing = Standing::kProven;
    } else if (standing != Standing::kRolledBack || digest_of(source) != digest_of(withheld)) {
      standing = Standing::kOnProbation;
    }
  }
  void make_step(std::uint64_t revision) {
    Step step;
    if (standing == Standing::kOnProbation && random.below(3) == 0) {
      end_probation(step);
    } else {
      change_some(step, revision);
    }
    told = generations.served();
    for (const Difference& one : step.served()) {
      told.erase(one.key);
      if (one.after) told[one.key] = *one.after;
    }
    generations.take(step);
    if (standing == Standing::kProven) proven = source;
  }

  SeededRandom random;
  Generations generations;
  Values source;
  Values proven;
  Values withheld;
  Values told;  // what was served before, with what was told of the step
  Standing standing = Standing::kProven;
};

TEST(GenerationsModel, AnyOrderOfStepsServesTheRightGeneration) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Model model(seed);
    for (std::uint64_t revision = 1; revision < 40; ++revision) {
      model.make_step(revision);
      const std::string expected = words(model.expected());
      ASSERT_EQ(words(model.generations.served()), expected) << "seed " << seed;
      ASSERT_EQ(words(model.told), expected) << "seed " << seed;
      ASSERT_EQ(model.generations.guard().standing, model.standing) << "seed " << seed;
      ASSERT_EQ(model.generations.keys(), model.source.size()) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace edge::replica
