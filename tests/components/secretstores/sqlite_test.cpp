#include <array>
#include <csignal>
#include <cstdlib>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/net/tls/seal.h"
#include "edge/store/db.h"
#include "tests/components/secretstores/fixture.h"
#include "tests/support/temp_dir.h"

namespace edge::secrets {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kType = "secretstores.sqlite";
const Secret kPair = {{"password", "p4ssw0rd"}, {"user", "admin"}};

class SqliteSecretsTest : public testing::Test {
 protected:
  void SetUp() override { ::unsetenv("CREDENTIALS_DIRECTORY"); }
  void TearDown() override { ::unsetenv("CREDENTIALS_DIRECTORY"); }

  std::unique_ptr<RunningStore> open(const std::string& name = "vault") {
    return std::make_unique<RunningStore>(kType, components::Metadata{}, dir_.path(), name);
  }

  [[nodiscard]] std::string db() const { return dir_.file("hub.db"); }
  [[nodiscard]] std::string key() const { return dir_.file("hub.key"); }
  [[nodiscard]] std::string next() const { return dir_.file("hub.key.next"); }

  // Runs one statement on the closed database.
  void change(const std::string& sql) {
    auto file = store::Db::open(db());
    ASSERT_TRUE(file) << file.error().message;
    const auto done = file->script(sql);
    ASSERT_TRUE(done) << done.error().message;
  }

  std::string credential(const std::string& name, const std::string& bytes) {
    ::setenv("CREDENTIALS_DIRECTORY", dir_.path().c_str(), 1);
    return dir_.write(name, bytes);
  }

  void write_key(const std::string& path, const std::string& bytes) {
    ::unlink(path.c_str());
    std::ofstream(path, std::ios::binary) << bytes;
    ::chmod(path.c_str(), 0400);
  }

  [[nodiscard]] std::string failure() {
    auto store = open();
    EXPECT_FALSE(store->opened());
    return store->opened() ? "" : store->opened().error().message;
  }

  test::TempDir dir_;
};

std::string some_key(char fill) {
  return std::string(tls::kSealKeyBytes, fill);
}

TEST_F(SqliteSecretsTest, NothingIsMadeBeforeTheFirstSecret) {
  auto store = open();
  ASSERT_TRUE(store->opened());
  EXPECT_EQ(store->get("db").error().code, Code::kNotFound);
  EXPECT_TRUE(store->get_all()->empty());
  EXPECT_TRUE(store->list()->empty());
  EXPECT_EQ(store->remove("db").error().code, Code::kNotFound);
  EXPECT_EQ(store->rotate_key().error().code, Code::kFailedPrecondition);
  EXPECT_FALSE(std::filesystem::exists(db()));
  EXPECT_FALSE(std::filesystem::exists(key()));
}

TEST_F(SqliteSecretsTest, KeepsSecretsOverARestart) {
  {
    auto store = open();
    ASSERT_TRUE(store->set("db", kPair));
    ASSERT_TRUE(store->set("pin", "1234"));
    EXPECT_EQ(store->value("pin"), "1234");
  }
  auto store = open();
  ASSERT_TRUE(store->opened()) << store->opened().error().message;
  EXPECT_EQ(*store->get("db"), kPair);
  EXPECT_EQ(store->get_all()->size(), 2U);
  EXPECT_THAT(store->store().features(), ElementsAre(Feature::kMultiValued));
}

TEST_F(SqliteSecretsTest, CountsVersionsAndForgets) {
  auto store = open();
  EXPECT_EQ(store->set("pin", "1")->version, 1);
  EXPECT_EQ(store->set("pin", "2")->version, 2);
  EXPECT_EQ(store->value("pin"), "2");
  ASSERT_TRUE(store->set("a", "x"));
  const auto list = store->list();
  ASSERT_EQ(list->size(), 2U);
  EXPECT_EQ(list->at(0).name, "a");
  EXPECT_EQ(list->at(1).version, 2);
  EXPECT_EQ(list->at(1).changed,
            std::chrono::floor<std::chrono::milliseconds>(store->loop().wall_now()));
  ASSERT_TRUE(store->remove("pin"));
  EXPECT_EQ(store->value("pin"), "(none)");
  EXPECT_EQ(store->remove("pin").error().code, Code::kNotFound);
}

TEST_F(SqliteSecretsTest, NoSecretStandsInAFile) {
  auto store = open();
  ASSERT_TRUE(store->set("db", kPair));
  ASSERT_TRUE(store->set("db", {{"password", "an0ther"}}));
  for (const std::string& path : {db(), db() + "-wal"}) {
    const std::string bytes = test::read_file(path);
    ASSERT_FALSE(bytes.empty()) << path;
    EXPECT_THAT(bytes, Not(HasSubstr("p4ssw0rd")));
    EXPECT_THAT(bytes, Not(HasSubstr("an0ther")));
    EXPECT_THAT(bytes, Not(HasSubstr(test::read_file(key()))));
  }
}

TEST_F(SqliteSecretsTest, TheKeyFileIsForItsOwnerAlone) {
  auto store = open();
  ASSERT_TRUE(store->set("pin", "1"));
  struct stat info{};
  ASSERT_EQ(::stat(key().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0400U);
  EXPECT_EQ(info.st_size, 32);
  EXPECT_FALSE(std::filesystem::exists(next()));
}

TEST_F(SqliteSecretsTest, AKeyFileThatOthersCanUseIsRefused) {
  ASSERT_TRUE(open()->set("pin", "1"));
  ::chmod(key().c_str(), 0440);
  EXPECT_THAT(failure(), HasSubstr("chmod 0400 " + key()));
  ::chmod(key().c_str(), 0600);
  EXPECT_EQ(open()->value("pin"), "1");
}

TEST_F(SqliteSecretsTest, AKeyFileOfAnotherShapeIsRefused) {
  ASSERT_TRUE(open()->set("pin", "1"));
  const std::string bytes = test::read_file(key());
  write_key(key(), bytes.substr(1));
  EXPECT_THAT(failure(), HasSubstr("31 bytes"));
  write_key(dir_.file("elsewhere"), bytes);
  ::unlink(key().c_str());
  std::filesystem::create_symlink(dir_.file("elsewhere"), key());
  EXPECT_THAT(failure(), HasSubstr("must be a regular file"));
}

TEST_F(SqliteSecretsTest, ALostKeyIsNamed) {
  ASSERT_TRUE(open()->set("pin", "1"));
  const std::string id = tls::key_id(tls::SecretBytes::copy_of(test::read_file(key())));
  std::filesystem::rename(key(), dir_.file("kept"));
  EXPECT_THAT(failure(), HasSubstr("under the key " + id + ", and the keys at hand are: none"));
  write_key(key(), some_key('x'));
  EXPECT_THAT(failure(), HasSubstr(tls::key_id(tls::SecretBytes::copy_of(some_key('x')))));
  std::filesystem::rename(dir_.file("kept"), key());
  EXPECT_EQ(open()->value("pin"), "1");
}

TEST_F(SqliteSecretsTest, ACredentialIsTheKeyAndNoFileIsMade) {
  credential("hub-kek", some_key('c'));
  ASSERT_TRUE(open()->set("pin", "1"));
  EXPECT_FALSE(std::filesystem::exists(key()));
  EXPECT_EQ(open()->value("pin"), "1");
  credential("hub-kek", some_key('d'));
  const std::string said = failure();
  EXPECT_THAT(said, HasSubstr(tls::key_id(tls::SecretBytes::copy_of(some_key('c')))));
  EXPECT_THAT(said, HasSubstr(tls::key_id(tls::SecretBytes::copy_of(some_key('d')))));
  credential("hub-kek", "short");
  EXPECT_THAT(failure(), HasSubstr("5 bytes"));
}

TEST_F(SqliteSecretsTest, ACredentialIsReplacedWithTheOldOneBesideIt) {
  credential("hub-kek", some_key('c'));
  ASSERT_TRUE(open()->set("pin", "1"));
  EXPECT_THAT(open()->rotate_key().error().message, HasSubstr("hub-kek-old"));
  credential("hub-kek-old", some_key('c'));
  credential("hub-kek", some_key('d'));
  {
    auto store = open();
    EXPECT_EQ(store->value("pin"), "1");
    const auto changed = store->rotate_key();
    ASSERT_TRUE(changed) << changed.error().message;
    EXPECT_EQ(changed->secrets, 1U);
    EXPECT_EQ(changed->key_id, tls::key_id(tls::SecretBytes::copy_of(some_key('d'))));
  }
  ::unlink(dir_.file("hub-kek-old").c_str());
  EXPECT_EQ(open()->value("pin"), "1");
}

TEST_F(SqliteSecretsTest, AKeyFileGivesWayToACredential) {
  ASSERT_TRUE(open()->set("pin", "1"));
  credential("hub-kek", some_key('c'));
  ASSERT_TRUE(open()->rotate_key());
  ::unlink(key().c_str());
  EXPECT_EQ(open()->value("pin"), "1");
}

TEST_F(SqliteSecretsTest, AnotherRowsPlaceDoesNotOpen) {
  {
    auto store = open();
    ASSERT_TRUE(store->set("a", "of-a"));
    ASSERT_TRUE(store->set("b", "of-b"));
  }
  change(
      "UPDATE sealed_secret SET (salt,nonce,ct,tag)="
      "(SELECT salt,nonce,ct,tag FROM sealed_secret WHERE name='a') WHERE name='b'");
  auto store = open();
  EXPECT_EQ(store->value("a"), "of-a");
  const auto swapped = store->get("b");
  ASSERT_FALSE(swapped);
  EXPECT_EQ(swapped.error().code, Code::kDataLoss);
  EXPECT_THAT(swapped.error().message, HasSubstr("the secret \"b\" of the store \"vault\""));
  EXPECT_FALSE(store->get_all());
  EXPECT_FALSE(store->rotate_key()) << "a key is not dropped while a secret needs it";
  EXPECT_EQ(store->value("a"), "of-a");
  ASSERT_TRUE(store->set("b", "again"));
  EXPECT_TRUE(store->rotate_key());
  EXPECT_EQ(store->value("b"), "again");
}

TEST_F(SqliteSecretsTest, AChangedRowDoesNotOpen) {
  for (const std::string sql :
       {"UPDATE sealed_secret SET version=version+1", "UPDATE sealed_secret SET changed_ms=0",
        "UPDATE sealed_secret SET name='other'", "UPDATE sealed_secret SET store='other'",
        "UPDATE sealed_secret SET ct=substr(ct,2)", "UPDATE sealed_secret SET tag=x'00'"}) {
    ASSERT_TRUE(open()->set("pin", "1")) << sql;
    change(sql);
    EXPECT_EQ(open(sql.ends_with("store='other'") ? "other" : "vault")
                  ->value(sql.ends_with("name='other'") ? "other" : "pin"),
              "(none)")
        << sql;
    change("DELETE FROM sealed_secret");
  }
}

TEST_F(SqliteSecretsTest, StoresInOneFileAreApart) {
  auto one = open("one");
  ASSERT_TRUE(one->set("pin", "1"));
  RunningStore same(kType, {}, dir_.path(), "two");
  EXPECT_EQ(same.opened().error().code, Code::kAlreadyExists) << "they share the key file";
  RunningStore two(kType, {{"keyFile", dir_.file("two.key")}, {"connectionString", dir_.file("2")}},
                   dir_.path(), "two");
  ASSERT_TRUE(two.opened()) << two.opened().error().message;
  ASSERT_TRUE(two.set("pin", "2"));
  EXPECT_EQ(one->value("pin"), "1");
}

TEST_F(SqliteSecretsTest, RotationSealsEverythingUnderANewKey) {
  {
    auto store = open();
    ASSERT_TRUE(store->set("a", "1"));
    ASSERT_TRUE(store->set("b", kPair));
    const std::string old = test::read_file(key());
    const auto changed = store->rotate_key();
    ASSERT_TRUE(changed) << changed.error().message;
    EXPECT_EQ(changed->secrets, 2U);
    EXPECT_NE(test::read_file(key()), old);
    EXPECT_EQ(changed->key_id, tls::key_id(tls::SecretBytes::copy_of(test::read_file(key()))));
    EXPECT_FALSE(std::filesystem::exists(next()));
    EXPECT_EQ(*store->get("b"), kPair);
    EXPECT_EQ(store->list()->at(0).version, 1);
    ASSERT_TRUE(store->set("c", "3"));
    ASSERT_TRUE(store->rotate_key());
  }
  auto store = open();
  EXPECT_EQ(store->value("a"), "1");
  EXPECT_EQ(*store->get("b"), kPair);
  EXPECT_EQ(store->value("c"), "3");
}

TEST_F(SqliteSecretsTest, AKeyThatWasWrittenButNotUsedIsLeftOut) {
  ASSERT_TRUE(open()->set("pin", "1"));
  for (const std::string& left : {some_key('n'), std::string("short")}) {
    write_key(next(), left);
    auto store = open();
    ASSERT_TRUE(store->opened()) << store->opened().error().message;
    EXPECT_EQ(store->value("pin"), "1");
    ASSERT_TRUE(store->rotate_key());
    EXPECT_EQ(store->value("pin"), "1");
  }
}

TEST_F(SqliteSecretsTest, AStartFinishesARotationThatWasCutShort) {
  std::string old;
  {
    auto store = open();
    ASSERT_TRUE(store->set("pin", "1"));
    old = test::read_file(key());
    ASSERT_TRUE(store->rotate_key());
  }
  const std::string fresh = test::read_file(key());
  std::filesystem::rename(key(), next());
  write_key(key(), old);
  auto store = open();
  ASSERT_TRUE(store->opened()) << store->opened().error().message;
  EXPECT_EQ(store->value("pin"), "1");
  EXPECT_EQ(test::read_file(key()), fresh);
  EXPECT_FALSE(std::filesystem::exists(next()));
  ASSERT_TRUE(store->set("pin", "2"));
  ASSERT_TRUE(store->rotate_key());
  EXPECT_EQ(store->value("pin"), "2");
}

TEST_F(SqliteSecretsTest, ARotationDoesNotOverwriteAKeyInUse) {
  auto store = open();
  ASSERT_TRUE(store->set("pin", "1"));
  const std::string present = test::read_file(key());
  write_key(key(), some_key('x'));
  EXPECT_THAT(store->rotate_key().error().message, HasSubstr("does not hold the key in use"));
  write_key(key(), present);
  EXPECT_EQ(store->value("pin"), "1");
  EXPECT_TRUE(store->rotate_key());
}

// Changes the key again and again until it is killed.
[[noreturn]] void rotate_forever(const std::string& data_dir, int ready) {
  RunningStore store(kType, {}, data_dir);
  bool told = false;
  while (store.opened() && store.rotate_key()) {
    if (!told) told = ::write(ready, "r", 1) == 1;
  }
  ::_exit(1);
}

TEST_F(SqliteSecretsTest, SurvivesBeingKilledWhileTheKeyChanges) {
  {
    auto store = open();
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(store->set("s" + std::to_string(i), kPair));
  }
  for (int round = 0; round < 12; ++round) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) rotate_forever(dir_.path(), pipe[1]);
    ::close(pipe[1]);
    char ready = 0;
    EXPECT_EQ(::read(pipe[0], &ready, 1), 1);
    ::usleep(static_cast<useconds_t>(round * 700));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(pipe[0]);
    EXPECT_TRUE(WIFSIGNALED(status)) << "a rotation failed";
    auto store = open();
    ASSERT_TRUE(store->opened()) << store->opened().error().message;
    const auto all = store->get_all();
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_EQ(all->size(), 20U);
    EXPECT_EQ(all->at("s7"), kPair);
  }
}

TEST_F(SqliteSecretsTest, ADamagedFileIsSetAside) {
  ASSERT_TRUE(open()->set("pin", "1"));
  std::ofstream(db(), std::ios::binary) << std::string(20'000, 'x');
  auto store = open();
  ASSERT_TRUE(store->opened()) << store->opened().error().message;
  EXPECT_EQ(store->value("pin"), "(none)");
  ASSERT_TRUE(store->set("pin", "2"));
  EXPECT_EQ(store->value("pin"), "2");
}

TEST_F(SqliteSecretsTest, WhatCannotBeKeptIsRefused) {
  auto store = open();
  EXPECT_EQ(store->set("bulk", "1").error().code, Code::kInvalidArgument);
  EXPECT_EQ(store->set("big", std::string(70'000, 'x')).error().code, Code::kInvalidArgument);
  EXPECT_FALSE(std::filesystem::exists(key()));
}

TEST_F(SqliteSecretsTest, FieldsThatCannotBeAreNamed) {
  for (const std::string path : {":memory:", "hub.db?cache=shared", ""}) {
    RunningStore store(kType, {{"connectionString", path}});
    ASSERT_FALSE(store.opened()) << path;
    EXPECT_THAT(store.opened().error().message, HasSubstr("\"connectionString\""));
  }
}

}  // namespace
}  // namespace edge::secrets
