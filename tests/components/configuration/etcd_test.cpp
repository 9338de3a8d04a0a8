// What only configuration.etcd promises: its fields, and what it does with answers that are none.
#include "components/configuration/etcd.h"

#include <gtest/gtest.h>

#include "components/configuration/etcd_options.h"
#include "edge/base/log.h"
#include "edge/base/strings.h"
#include "edge/loop/uv_loop.h"
#include "tests/components/configuration/fixture.h"
#include "tests/edge/net/etcd/gateway.h"
#include "tests/support/temp_dir.h"
#include "tests/support/timing.h"

namespace edge::configuration {
namespace {

using test::Gateway;

class EtcdOptionsTest : public testing::Test {
 protected:
  Result<EtcdOptions> read(components::Metadata metadata) {
    return read_etcd_options({.name = "cloud",
                              .metadata = std::move(metadata),
                              .loop = loop_,
                              .files = files_,
                              .data_dir = "/data"});
  }
  std::string refusal(components::Metadata metadata) {
    const auto options = read(std::move(metadata));
    return options ? "" : options.error().message;
  }

  UvLoop loop_;
  store::OpenFiles files_;
};

TEST_F(EtcdOptionsTest, EndpointsSayWhereTheServersAre) {
  const auto options =
      read({{"endpoints", " 10.0.0.1:1, http://etcd.example/ ,[::1]:65535,[::2]"}});
  ASSERT_TRUE(options) << options.error().message;
  const std::vector<Address> expected = {
      {"10.0.0.1", 1, ""}, {"etcd.example", 2379, ""}, {"::1", 65535, ""}, {"::2", 2379, ""}};
  EXPECT_EQ(options->servers, expected);
  EXPECT_EQ(options->tls, nullptr);
  EXPECT_NE(read({{"endpoints", "HTTPS://host"}})->tls, nullptr);
  EXPECT_NE(read({{"endpoints", "host"}, {"tlsEnable", "true"}})->tls, nullptr);
}

TEST_F(EtcdOptionsTest, WhatIsWrongIsNamed) {
  EXPECT_NE(refusal({}).find("endpoints"), std::string::npos);
  EXPECT_EQ(refusal({{"endpoints", " , "}}),
            "field \"endpoints\" names no server: write host:2379");
  for (const char* bad :
       {"host:0", "host:65536", "host:x", ":1", "user@host", "h/path", "[::1", "a b"}) {
    EXPECT_TRUE(refusal({{"endpoints", bad}}).starts_with("field \"endpoints\" has \"")) << bad;
  }
  EXPECT_NE(refusal({{"endpoints", "http://a,https://b"}}).find("mixes"), std::string::npos);
  EXPECT_NE(refusal({{"endpoints", "http://a"}, {"tlsEnable", "true"}}).find("tlsEnable"),
            std::string::npos);
  EXPECT_NE(refusal({{"endpoints", "a"}, {"ca", "x"}}).find("tlsEnable"), std::string::npos);
  EXPECT_NE(refusal({{"endpoints", "https://a"}, {"ca", "x"}}).find("ca, cert, key"),
            std::string::npos);
  EXPECT_NE(refusal({{"endpoints", "a"}, {"username", "u"}}).find("password"), std::string::npos);
  EXPECT_NE(refusal({{"endpoints", "a"}, {"auditInterval", "1ms"}}).find("auditInterval"),
            std::string::npos);
  EXPECT_NE(refusal({{"endpoints", "a"}, {"layers", "true"}, {"hubId", "a/b"}}).find("hubId"),
            std::string::npos);
  EXPECT_NE(refusal({{"endpoints", "a"}, {"hubGroup", "g"}}).find("layers"), std::string::npos);
  const auto layered = [this](const char* field, const char* value) {
    return refusal({{"endpoints", "a"}, {"layers", "true"}, {"hubId", "h1"}, {field, value}});
  };
  EXPECT_NE(layered("hubGroup", "a/b").find("hubGroup"), std::string::npos);
  for (const char* bad : {"h1-", "h1/*", "a*b", "**/"}) {
    EXPECT_NE(layered("devices", bad).find("devices"), std::string::npos) << bad;
  }
  EXPECT_EQ(layered("devices", "*"), "");
}

TEST_F(EtcdOptionsTest, DefaultsAreAHubs) {
  const auto options = read({{"endpoints", "a"}, {"keyPrefixPath", "/shop/"}, {"layers", "true"}});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->key_prefix, "/shop");
  EXPECT_EQ(options->layered.replica_file, "/data/hub.db");
  EXPECT_NE(options->hub_id, "");
  EXPECT_EQ(options->layered.audit_interval, std::chrono::hours(6));
}

// A store whose gateway says what a test wants. Its own loop, as both sides share it.
class EtcdFaults : public testing::Test {
 protected:
  static constexpr const char* kHeader =
      R"("header":{"cluster_id":"1","revision":"5","raft_term":"2"})";

  static std::string page(const std::string& values) {
    return std::string("{") + kHeader + R"(,"kvs":[)" + values + R"(],"count":"1"})";
  }
  static std::string pair(const std::string& key, const std::string& value, int revision) {
    return R"({"key":")" + base64_encode(key) + R"(","mod_revision":")" + std::to_string(revision) +
           R"(","value":")" + base64_encode(value) + R"("})";
  }

  std::string answer(const std::string& path) {
    if (path == "/v3/watch") return Gateway::stream(watch_);
    if (!endless_) return Gateway::ok(range_);
    const std::string key = "shop/" + std::to_string(gateway_.asked().size());
    return Gateway::ok(std::string("{") + kHeader + R"(,"more":true,"kvs":[)" +
                       pair(key, std::string(1 << 20, 'x'), 4) + "]}");
  }
  void open() {
    store_ = std::make_unique<EtcdStore>(
        components::Context{.name = "cloud",
                            .metadata = {{"endpoints", gateway_.address().text()},
                                         {"keyPrefixPath", "shop"},
                                         {"replicaFile", dir_.file("hub.db")}},
                            .loop = loop_,
                            .files = files_,
                            .data_dir = ""});
    const auto opened = run(loop_, store_->init(Ctx::background()));
    ASSERT_TRUE(opened) << opened.error().message;
  }
  void TearDown() override {
    if (store_) run(loop_, store_->close());
    log::capture(nullptr);
  }
  Result<Items> get() { return run(loop_, store_->get(Ctx::background(), {}, {})); }
  std::string value(const std::string& key) {
    const auto items = get();
    return items && items->contains(key) ? items->at(key).value : "";
  }
  bool wait_for_log(const std::string& text) {
    return wait_until([&] { return log_.contains(text); });
  }
  bool wait_until(const std::function<bool()>& condition) {
    const TimePoint limit = loop_.now() + test::kLimit;
    while (!condition()) {
      if (loop_.now() > limit) return false;
      const auto slept =
          run(loop_, sleep_for(loop_, Ctx::background(), std::chrono::milliseconds(2)));
      if (!slept) return false;
    }
    return true;
  }
  void SetUp() override {
    log::capture([this](std::string_view line) { log_ += std::string(line) + "\n"; });
  }

  UvLoop loop_;
  store::OpenFiles files_;
  test::TempDir dir_;
  std::string range_ = page(pair("shop/a", "1", 4));
  std::string watch_ = std::string(R"({"result":{)") + kHeader + R"(,"created":true}})" + "\n";
  std::string log_;
  bool endless_ = false;
  Gateway gateway_{loop_, [this](const auto& path, const auto&) { return answer(path); }};
  std::unique_ptr<EtcdStore> store_;
};

TEST_F(EtcdFaults, AnswersThatAreNoneChangeNothing) {
  range_ = "garbage";
  open();
  ASSERT_TRUE(wait_for_log("etcd cannot be read, and nothing was read before"));
  const auto nothing = get();
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, Code::kUnavailable);
  EXPECT_TRUE(nothing.error().message.contains("invalid JSON") ||
              nothing.error().message.contains("a range's answer"))
      << nothing.error().message;
  range_ = page(pair("shop/a", "1", 4));
  EXPECT_TRUE(wait_until([&] { return value("a") == "1"; }));
}

TEST_F(EtcdFaults, AMessageThatIsNoneEndsTheWatchAndNothingElse) {
  const std::string created = watch_;
  watch_ = created + R"({"result":{"header":{},"events":[{"kv":{"key":"%"}}]}})" + "\n";
  open();
  ASSERT_TRUE(wait_for_log("etcd cannot be followed; the last known values are served"));
  EXPECT_EQ(value("a"), "1");
  EXPECT_EQ(get()->at("a").metadata.at("stale"), "true");
  watch_ = created + std::string(R"({"result":{)") + kHeader + R"(,"events":[{"kv":)" +
           pair("shop/a", "2", 6) + R"(},{"kv":)" + pair("shopping", "x", 6) + "}]}}\n";
  EXPECT_TRUE(wait_until([&] { return value("a") == "2"; }));
  EXPECT_EQ(get()->size(), 1U) << "a key that was not asked for";
}

TEST_F(EtcdFaults, ARefreshReadsEverythingAgainAndTellsHowItWent) {
  open();
  ASSERT_TRUE(wait_until([&] { return value("a") == "1"; }));
  const auto refresh = [&] { return run(loop_, store_->refresh(Ctx::background())); };
  range_ = page(pair("shop/a", "2", 5));
  EXPECT_EQ(refresh(), 1U);
  EXPECT_EQ(value("a"), "2");
  range_ = "garbage";
  EXPECT_FALSE(refresh());
  EXPECT_EQ(value("a"), "2");
  range_ = page(pair("shop/a", "3", 5));
  EXPECT_EQ(refresh(), 1U) << "in the middle of a pause";
  EXPECT_EQ(value("a"), "3");
}

TEST_F(EtcdFaults, PagesThatNeverEndAreEndedByTheLimit) {
  endless_ = true;
  open();
  EXPECT_TRUE(wait_for_log("at most 8 MiB are possible"));
  EXPECT_FALSE(get());
}

}  // namespace
}  // namespace edge::configuration
