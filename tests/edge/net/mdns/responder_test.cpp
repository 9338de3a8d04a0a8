#include "edge/net/mdns/responder.h"

#include <gtest/gtest.h>

#include "edge/loop/sim_loop.h"
#include "tests/edge/net/mdns/fake_link.h"

namespace edge::mdns {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Names = std::vector<std::string>;

class ResponderTest : public ::testing::Test {
 protected:
  // Announced, and quiet since.
  void settle() {
    responder_.announce();
    loop_.advance(seconds(10));
    link_.told.clear();
  }
  void ask(const Name& name) { responder_.heard(parsed(print_question(name))); }

  SimLoop loop_;
  FakeLink link_;
  Responder responder_{loop_, link_, {service("lamp"), service("bell")}};
};

TEST_F(ResponderTest, AnnouncesTwiceASecondApart) {
  responder_.announce();
  loop_.advance(milliseconds(900));
  EXPECT_EQ(link_.told, (Names{"lamp", "bell"}));
  loop_.advance(milliseconds(200));
  EXPECT_EQ(link_.told, (Names{"lamp", "bell", "lamp", "bell"}));
  loop_.advance(seconds(600));
  EXPECT_EQ(link_.told.size(), 4U);
}

TEST_F(ResponderTest, AnswersWhatIsAskedSoon) {
  settle();
  ask(name_of({"LAMP", "local"}));
  EXPECT_TRUE(link_.told.empty());
  loop_.advance(milliseconds(120));
  EXPECT_EQ(link_.told, Names{"lamp"});
}

TEST_F(ResponderTest, AnswersForAnInstanceAndForTheHost) {
  settle();
  ask(name_of({"hub:7", "bell", "local"}));
  loop_.advance(milliseconds(120));
  EXPECT_EQ(link_.told, Names{"bell"});
  link_.told.clear();
  loop_.advance(seconds(1));
  ask(name_of({"hub", "local"}));
  loop_.advance(milliseconds(120));
  EXPECT_EQ(link_.told.size(), 2U);
}

TEST_F(ResponderTest, DoesNotAnswerForOthers) {
  settle();
  ask(name_of({"door", "local"}));
  ask(name_of({"lamp"}));
  loop_.advance(seconds(5));
  EXPECT_TRUE(link_.told.empty());
}

TEST_F(ResponderTest, AnswersTheSameOnceASecond) {
  settle();
  for (int i = 0; i < 300; ++i) {
    ask(name_of({"lamp", "local"}));
    loop_.advance(milliseconds(10));
  }
  EXPECT_GE(link_.told.size(), 3U);
  EXPECT_LE(link_.told.size(), 4U);
}

TEST_F(ResponderTest, WhoKnowsItIsNotTold) {
  settle();
  Message query = parsed(print_question(name_of({"lamp", "local"})));
  query.records = parsed(print_service(service("lamp"), {127, 0, 0, 1})).records;
  responder_.heard(query);
  loop_.advance(seconds(5));
  EXPECT_TRUE(link_.told.empty());
  for (Record& record : query.records) record.seconds = 59;
  responder_.heard(query);
  loop_.advance(seconds(5));
  EXPECT_EQ(link_.told, Names{"lamp"}) << "who will forget it soon is";
}

TEST_F(ResponderTest, SaysGoodbyeAndNothingMore) {
  settle();
  ask(name_of({"lamp", "local"}));
  responder_.say_goodbye();
  EXPECT_EQ(link_.gone, (Names{"lamp", "bell"}));
  loop_.advance(seconds(5));
  ask(name_of({"lamp", "local"}));
  loop_.advance(seconds(5));
  EXPECT_TRUE(link_.told.empty());
}

TEST_F(ResponderTest, KnowsItsOwn) {
  EXPECT_TRUE(responder_.offers(name_of({"hub:7", "lamp", "local"})));
  EXPECT_FALSE(responder_.offers(name_of({"hub:8", "lamp", "local"})));
}

}  // namespace
}  // namespace edge::mdns
