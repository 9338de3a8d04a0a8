#include "edge/blocks/configuration/configuration_block.h"

#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "components/all.h"
#include "edge/base/log.h"
#include "edge/blocks/configuration/items_json.h"
#include "edge/loop/sim_loop.h"
#include "tests/edge/blocks/fake_channel.h"

namespace edge::blocks {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Answers with scripted statuses, then 200; while `gate` is closed, calls wait.
class AppChannel final : public Channel {
 public:
  explicit AppChannel(Loop& loop) : gate(loop) { gate.set(); }

  Task<Result<std::unique_ptr<Reply>>> call(Ctx ctx, const Call* call) override {
    paths.push_back(std::string(call->verb) + " " + call->path);
    auto body = co_await read_all(ctx, call->body, 1 << 20);
    bodies.push_back(*body);
    auto open = co_await gate.wait(ctx);
    if (!open) co_return open.error();
    int status = 200;
    if (!statuses.empty()) {
      status = statuses.front();
      statuses.pop_front();
    }
    if (status == 0) co_return Error{Code::kUnavailable, "connection refused"};
    co_return std::make_unique<FakeReply>(status);
  }

  Event gate;
  std::deque<int> statuses;  // 0: refused
  std::vector<std::string> paths;
  std::vector<std::string> bodies;
};

class ConfigurationBlockTest : public testing::Test {
 protected:
  ConfigurationBlockTest() {
    add("s", {});
    lamp_ = add_app("lamp", &channel_);
  }
  ~ConfigurationBlockTest() override { run(loop_, block_.close()); }

  void add(const std::string& name, std::vector<std::string> scopes) {
    const auto* type =
        components::find_type(components::configuration_types(), "configuration.sqlite");
    auto store = type->make({name, {{"connectionString", ":memory:"}}, loop_, files_, ""});
    ASSERT_TRUE(run(loop_, store->init(Ctx::background())));
    block_.add({name, std::move(store), std::move(scopes)});
  }

  App* add_app(const std::string& id, AppChannel** channel) {
    AppSettings settings;
    settings.id = id;
    auto made = std::make_unique<AppChannel>(loop_);
    *channel = made.get();
    return apps_.emplace_back(std::make_unique<App>(loop_, settings, std::move(made))).get();
  }

  ConfigurationLease store(const std::string& name = "s") {
    return std::move(*block_.find(nullptr, name));
  }

  void write(std::vector<configuration::Change> changes) {
    auto to = store();
    auto done = run(loop_, to->editable()->write(Ctx::background(), std::move(changes), ""));
    ASSERT_TRUE(done) << done.error().message;
  }
  void set(const std::string& key, const std::string& value) { write({{key, value}}); }

  std::string subscribe(App* app, std::vector<std::string> keys) {
    auto to = store();
    auto id = run(loop_, block_.subscribe(Ctx::background(), app, to.get(),
                                          {.app_id = "", .keys = std::move(keys), .metadata = {}}));
    if (id) return *id;
    ADD_FAILURE() << id.error().message;
    return "";
  }

  std::unique_ptr<ConfigurationStream> stream(std::vector<std::string> keys) {
    auto from = store();
    auto opened = run(loop_, block_.open_stream(Ctx::background(), from.get(),
                                                {.app_id = "", .keys = std::move(keys)}));
    return std::move(*opened);
  }

  void settle() { loop_.advance(Duration::zero()); }

  SimLoop loop_;
  store::OpenFiles files_;
  AppChannel* channel_ = nullptr;
  std::vector<std::unique_ptr<App>> apps_;
  App* lamp_ = nullptr;
  ConfigurationBlock block_{loop_};
};

TEST_F(ConfigurationBlockTest, TellsNoStoreFromAnUnknownOneAndFromOneOutOfScope) {
  ConfigurationBlock none(loop_);
  const auto empty = none.find(lamp_, "s").error();
  EXPECT_EQ(empty.http, 500);
  EXPECT_EQ(empty.grpc, Code::kFailedPrecondition);
  EXPECT_EQ(empty.tag, "ERR_CONFIGURATION_STORE_NOT_CONFIGURED");
  EXPECT_EQ(empty.message, "configuration stores not configured");
  add("other", {"speaker"});
  const auto unknown = block_.find(lamp_, "other").error();
  EXPECT_EQ(unknown.http, 400);
  EXPECT_EQ(unknown.tag, "ERR_CONFIGURATION_STORE_NOT_FOUND");
  EXPECT_EQ(unknown.message, "configuration store other not found");
  EXPECT_TRUE(block_.find(nullptr, "other")) << "the hub's tools see every store";
}

TEST_F(ConfigurationBlockTest, AnAppIsCalledForEachKeyWithTheWholeEvent) {
  const std::string id = subscribe(lamp_, {"a", "b c"});
  write({{"a", "1"}, {"b c", "2"}, {"other", "3"}});
  settle();
  EXPECT_THAT(channel_->paths,
              ElementsAre("POST /configuration/s/a", "POST /configuration/s/b%20c"));
  ASSERT_EQ(channel_->bodies.size(), 2U);
  EXPECT_EQ(channel_->bodies[0], channel_->bodies[1]);
  EXPECT_THAT(channel_->bodies[0], HasSubstr("{\"id\":\"" + id +
                                             "\",\"items\":{\"a\":{\"value\":"
                                             "\"1\",\"version\":\"1\",\"metadata\":{\"asof\":"));
  EXPECT_THAT(channel_->bodies[0], HasSubstr("\"b c\":{\"value\":\"2\""));
}

TEST_F(ConfigurationBlockTest, ADeletedKeyIsToldAsAnEmptyItem) {
  set("a", "1");
  const std::string id = subscribe(lamp_, {});
  write({{"a", std::nullopt}});
  settle();
  EXPECT_THAT(channel_->bodies, ElementsAre("{\"id\":\"" + id + "\",\"items\":{\"a\":{}}}"));
}

TEST_F(ConfigurationBlockTest, ACallIsTriedThreeTimesASecondApart) {
  subscribe(lamp_, {});
  channel_->statuses = {500, 0, 204};
  std::string log;
  log::capture([&log](std::string_view line) { log += std::string(line) + "\n"; });
  set("a", "1");
  settle();
  EXPECT_EQ(channel_->paths.size(), 1U);
  loop_.advance(std::chrono::seconds(1));
  EXPECT_EQ(channel_->paths.size(), 2U);
  EXPECT_EQ(log, "");
  loop_.advance(std::chrono::seconds(10));
  EXPECT_EQ(channel_->paths.size(), 3U) << "only exactly 200 is success";
  log::capture(nullptr);
  EXPECT_THAT(log, HasSubstr("app did not take an update"));
  EXPECT_THAT(log, HasSubstr("it answered 204 to POST /configuration/s/a, not 200"));
  set("a", "2");
  settle();
  EXPECT_EQ(channel_->paths.size(), 4U) << "the next update is told";
}

TEST_F(ConfigurationBlockTest, ASlowAppGetsTheLastValueAndDelaysNobody) {
  AppChannel* quick = nullptr;
  App* speaker = add_app("speaker", &quick);
  subscribe(lamp_, {});
  subscribe(speaker, {});
  channel_->gate.reset();
  for (int i = 1; i <= 50; ++i) {
    set("a", std::to_string(i));
    settle();
  }
  EXPECT_EQ(quick->paths.size(), 50U);
  EXPECT_EQ(channel_->paths.size(), 1U);
  channel_->gate.set();
  settle();
  ASSERT_EQ(channel_->bodies.size(), 2U);
  EXPECT_THAT(channel_->bodies[1], HasSubstr("\"value\":\"50\""));
}

TEST_F(ConfigurationBlockTest, UpdatesToOneAppStayInOrder) {
  subscribe(lamp_, {"a"});
  subscribe(lamp_, {"b"});
  channel_->statuses = {500};
  set("b", "1");
  set("a", "1");
  loop_.advance(std::chrono::seconds(2));
  EXPECT_THAT(channel_->paths, ElementsAre("POST /configuration/s/b", "POST /configuration/s/b",
                                           "POST /configuration/s/a"));
}

TEST_F(ConfigurationBlockTest, AfterAFailureTheOtherKeysAreToldWithTheirLatestValues) {
  subscribe(lamp_, {});
  channel_->statuses = {500, 500, 500};
  write({{"a", "1"}, {"b", "old"}});
  settle();
  set("b", "new");
  loop_.advance(std::chrono::seconds(5));
  ASSERT_EQ(channel_->paths.size(), 4U);
  EXPECT_EQ(channel_->paths[3], "POST /configuration/s/b");
  EXPECT_THAT(channel_->bodies[3], HasSubstr("\"value\":\"new\""));
}

TEST_F(ConfigurationBlockTest, UnsubscribingSilencesOneSubscription) {
  const std::string first = subscribe(lamp_, {"a"});
  const std::string second = subscribe(lamp_, {"a"});
  EXPECT_NE(first, second);
  EXPECT_EQ(block_.unsubscribe("speaker", "s", first).error().message,
            "subscription does not exist")
      << "another app's";
  EXPECT_FALSE(block_.unsubscribe("lamp", "other", first));
  ASSERT_TRUE(block_.unsubscribe("lamp", "s", first));
  EXPECT_FALSE(block_.unsubscribe("lamp", "s", first));
  set("a", "1");
  loop_.advance(std::chrono::seconds(30));
  ASSERT_EQ(channel_->bodies.size(), 1U);
  EXPECT_THAT(channel_->bodies[0], HasSubstr(second));
}

TEST_F(ConfigurationBlockTest, AnAppThatCannotBeCalledCannotSubscribe) {
  AppSettings settings;
  settings.id = "mute";
  App mute(loop_, settings, nullptr);
  auto to = store();
  const auto refused =
      run(loop_, block_.subscribe(Ctx::background(), &mute, to.get(), {.app_id = ""}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().http, 500);
  EXPECT_EQ(refused.error().tag, "ERR_APP_CHANNEL_NIL");
  EXPECT_EQ(refused.error().message,
            "app channel is not initialized. cannot subscribe to configuration updates");
}

TEST_F(ConfigurationBlockTest, TooManySubscriptionsAreRefusedUnlessTheyRepeat) {
  for (int i = 0; i < 99; ++i) subscribe(lamp_, {"key" + std::to_string(i)});
  const std::string oldest = subscribe(lamp_, {"same"});
  const std::string newer = subscribe(lamp_, {"same"});
  EXPECT_FALSE(block_.unsubscribe("lamp", "s", oldest)) << "it gave way";
  auto to = store();
  const auto refused = run(loop_, block_.subscribe(Ctx::background(), lamp_, to.get(),
                                                   {.app_id = "", .keys = {"a", "b"}}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().tag, "ERR_CONFIGURATION_SUBSCRIBE");
  EXPECT_THAT(refused.error().message,
              testing::StartsWith("failed to subscribe [a b] from Configuration store s: there are "
                                  "100 subscriptions already"));
  EXPECT_TRUE(block_.unsubscribe("lamp", "s", newer));
}

TEST_F(ConfigurationBlockTest, SubscriptionsEndWithTheirApp) {
  AppChannel* quick = nullptr;
  App* speaker = add_app("speaker", &quick);
  subscribe(lamp_, {"a"});
  const std::string other = subscribe(lamp_, {"b"});
  subscribe(speaker, {"a"});
  channel_->statuses = {0, 0, 0};
  set("a", "1");
  loop_.advance(std::chrono::seconds(10));
  EXPECT_EQ(channel_->paths.size(), 3U) << "nothing listens in the lamp's place";
  EXPECT_FALSE(block_.unsubscribe("lamp", "s", other)) << "it has ended";
  set("a", "2");
  set("b", "2");
  loop_.advance(std::chrono::seconds(10));
  EXPECT_EQ(channel_->paths.size(), 3U);
  EXPECT_EQ(quick->paths.size(), 2U) << "others are not touched";
  subscribe(lamp_, {"a"});
  set("a", "3");
  settle();
  EXPECT_EQ(channel_->paths.size(), 4U) << "it came back and subscribed again";
}

TEST_F(ConfigurationBlockTest, AnAppThatIsAwayForAMomentKeepsItsSubscriptions) {
  subscribe(lamp_, {"a"});
  channel_->statuses = {0, 0, 200, 500, 500, 500};
  set("a", "1");
  loop_.advance(std::chrono::seconds(10));
  set("a", "2");  // it is there, and refuses
  loop_.advance(std::chrono::seconds(10));
  set("a", "3");
  settle();
  EXPECT_EQ(channel_->paths.size(), 7U);
}

TEST_F(ConfigurationBlockTest, AStreamGivesOneUpdateForARevision) {
  auto changes = stream({"a", "b"});
  write({{"a", "1"}, {"c", "x"}});
  auto first = run(loop_, changes->next(Ctx::background()));
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->revision, 1U);
  EXPECT_EQ((*first)->items.size(), 1U);
  EXPECT_EQ((*first)->items.at("a").value, "1");
  set("c", "y");
  set("a", "2");
  write({{"a", "3"}, {"b", "4"}});
  write({{"b", std::nullopt}});
  auto merged = run(loop_, changes->next(Ctx::background()));
  EXPECT_EQ((*merged)->revision, 5U);
  EXPECT_EQ((*merged)->items.at("a").value, "3");
  EXPECT_EQ((*merged)->items.at("b").version, "") << "deleted";
}

TEST_F(ConfigurationBlockTest, AStreamEndsWithItsSubscriptionItsStoreAndTheHub) {
  const auto ended = [this](ConfigurationStream& of) {
    auto next = run(loop_, of.next(Ctx::background()));
    return next && !*next;
  };
  auto first = stream({});
  ASSERT_TRUE(block_.unsubscribe("", "s", first->id()));
  EXPECT_TRUE(ended(*first));
  auto second = stream({});
  block_.end_streams();
  EXPECT_TRUE(ended(*second));
  auto from = store();
  const auto late = run(loop_, block_.open_stream(Ctx::background(), from.get(), {.app_id = ""}));
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().message, HasSubstr("the hub is stopping"));
}

TEST_F(ConfigurationBlockTest, RemovingAStoreEndsItsSubscriptions) {
  auto changes = stream({});
  const std::string id = subscribe(lamp_, {});
  run(loop_, block_.remove_store("s"));
  auto next = run(loop_, changes->next(Ctx::background()));
  EXPECT_TRUE(next && !*next);
  EXPECT_FALSE(block_.unsubscribe("lamp", "s", id));
  EXPECT_FALSE(block_.has_stores());
}

TEST_F(ConfigurationBlockTest, AStreamThatGoesLeavesNothing) {
  std::string id;
  {
    auto changes = stream({});
    id = changes->id();
    CancelScope scope;
    scope.cancel();
    EXPECT_EQ(run(loop_, changes->next(scope.ctx())).error().code, Code::kCancelled);
  }
  set("a", "1");
  EXPECT_FALSE(block_.unsubscribe("", "s", id));
}

TEST_F(ConfigurationBlockTest, AnAppThatIsUnhealthyIsTold) {
  subscribe(lamp_, {"a"});
  lamp_->set_health(AppHealth::kUnhealthy);
  set("a", "1");
  settle();
  EXPECT_THAT(channel_->paths, ElementsAre("POST /configuration/s/a"));
}

// A store that takes its values over; it has none.
class TakingStore final : public configuration::Store, public configuration::GuardedStore {
 public:
  Task<Status> init(Ctx) override { co_return Status(); }
  Task<void> close() override { co_return; }
  Task<Result<configuration::Items>> get(Ctx, std::vector<std::string>,
                                         configuration::Metadata) override {
    co_return configuration::Items();
  }
  Task<Result<configuration::SubscriptionId>> subscribe(Ctx, std::vector<std::string>,
                                                        configuration::Metadata,
                                                        configuration::Observer) override {
    co_return configuration::SubscriptionId(1);
  }
  Status unsubscribe(configuration::SubscriptionId) override { return {}; }

  void judge_by(configuration::AppHealth health) override { apps = std::move(health); }
  void suspect(const std::string& app) override { suspects.push_back(app); }
  [[nodiscard]] std::vector<configuration::Generation> generations() const override {
    return {{.layer = "all",
             .status = "rolledback",
             .revision = 7,
             .served = 5,
             .withheld = "ab",
             .reason = "why"}};
  }
  void on_generations(std::function<void()> observer) override { changed = std::move(observer); }

  configuration::AppHealth apps;
  std::vector<std::string> suspects;
  std::function<void()> changed;
};

class GuardedStores : public testing::Test {
 protected:
  ~GuardedStores() override { run(loop_, block_.close()); }

  TakingStore* add_store(const std::string& name, std::vector<std::string> scopes) {
    auto store = std::make_unique<TakingStore>();
    TakingStore* made = store.get();
    block_.add({name, std::move(store), std::move(scopes)});
    return made;
  }
  App& add_app(const std::string& id, const std::string& hub = "") {
    AppSettings settings;
    settings.id = id;
    settings.hub = hub;
    return apps_.add(std::make_unique<App>(loop_, settings, std::make_unique<AppChannel>(loop_)));
  }

  SimLoop loop_;
  AppTable apps_;
  ConfigurationBlock block_{loop_};
};

TEST_F(GuardedStores, AreToldOfTheAppsThatMayUseThem) {
  block_.use(apps_);
  App& lamp = add_app("lamp");
  App& fan = add_app("fan");
  App& away = add_app("away", "hub2");
  TakingStore* all = add_store("all", {});
  TakingStore* lamps = add_store("lamps", {"lamp"});
  EXPECT_EQ(all->apps.well(), (std::set<std::string>{"fan", "lamp"}));
  EXPECT_EQ(lamps->apps.well(), std::set<std::string>{"lamp"});
  for (App* app : {&lamp, &fan, &away}) {
    app->set_health(AppHealth::kUnhealthy);
    block_.note_unwell(*app);
  }
  EXPECT_THAT(all->suspects, ElementsAre("lamp", "fan"));
  EXPECT_THAT(lamps->suspects, ElementsAre("lamp"));
  EXPECT_TRUE(lamps->apps.is_unwell("lamp"));
  EXPECT_FALSE(lamps->apps.is_unwell("fan"));
  EXPECT_FALSE(all->apps.is_unwell("none"));
}

TEST_F(GuardedStores, AreShown) {
  TakingStore* store = add_store("cloud", {});
  int changes = 0;
  block_.on_generations([&changes] { ++changes; });
  store->changed();
  EXPECT_EQ(changes, 1);
  EXPECT_EQ(generations_json(block_.generations()),
            R"({"stores":{"cloud":[{"layer":"all","status":"rolledback","rev":7,"served":5,)"
            R"("sha256":"ab","detail":"why"}]}})");
}

TEST(ItemsJson, LeavesOutWhatIsEmptyAndEscapesTheRest) {
  configuration::Items items;
  items["a\"b"] = {"line\n\"灯\"", "1", {{"source", "live"}}};
  items["empty"] = {};
  items["none"] = {"", "2", {}};
  EXPECT_EQ(items_json(items),
            "{\"a\\\"b\":{\"value\":\"line\\n\\\"灯\\\"\",\"version\":\"1\",\"metadata\":"
            "{\"source\":\"live\"}},\"empty\":{},\"none\":{\"version\":\"2\"}}");
  EXPECT_EQ(items_json({}), "{}");
}

}  // namespace
}  // namespace edge::blocks
