// A vendor of secrets in memory, and a store of the hub that reads it, on a simulated loop.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "components/secretstores/cloud/cloud_store.h"
#include "edge/loop/sim_loop.h"
#include "tests/support/temp_dir.h"

namespace edge::secrets {

struct FakeCloud {
  struct Item {
    std::string value;
    int version = 1;
  };
  std::map<std::string, Item> items;
  std::optional<Error> failure;          // what every call gets
  std::map<std::string, Error> refused;  // what calls for a name get
  Duration takes = std::chrono::milliseconds(5);
  std::vector<std::string> reads;  // names; "" for a list
  std::string scope = "fake";

  void set(const std::string& name, const std::string& value) {
    Item& item = items[name];
    item.value = value;
    ++item.version;
  }
  [[nodiscard]] std::size_t reads_of(const std::string& name) const {
    return static_cast<std::size_t>(std::ranges::count(reads, name));
  }
  void go_away() { failure = Error{Code::kUnavailable, "the cable is out"}; }
};

class FakeUpstream final : public Upstream {
 public:
  FakeUpstream(Loop& loop, FakeCloud& cloud) : loop_(loop), cloud_(cloud) {}

  Status configure() override { return {}; }
  [[nodiscard]] std::string scope() const override { return cloud_.scope; }
  [[nodiscard]] bool multi_valued() const override { return false; }
  [[nodiscard]] bool means_current(const RequestMetadata& metadata) const override {
    return metadata.empty();
  }
  Task<Result<Fetched>> read(Ctx ctx, std::string name, RequestMetadata metadata) override;
  Task<Result<std::vector<std::string>>> list(Ctx ctx) override;

 private:
  Task<Status> travel(Ctx ctx);

  Loop& loop_;
  FakeCloud& cloud_;
};

// Opens at once; closes at the end of its life.
class RunningCloud {
 public:
  // `fields` beside refresh 1h, maxStaleOnline 24h, maxStaleOffline 720h.
  RunningCloud(FakeCloud& cloud, const test::TempDir& dir, components::Metadata fields = {},
               const std::string& name = "kms");
  ~RunningCloud();
  RunningCloud(const RunningCloud&) = delete;
  RunningCloud& operator=(const RunningCloud&) = delete;

  [[nodiscard]] const Status& opened() const { return opened_; }
  [[nodiscard]] CloudStore& store() { return *store_; }
  [[nodiscard]] SimLoop& loop() { return loop_; }
  // Lets time pass, and what is due be done.
  void pass(Duration time);

  Result<SecretReading> read(const std::string& name, RequestMetadata metadata = {});
  // "(message)" where it is not given.
  std::string value(const std::string& name);
  [[nodiscard]] Freshness freshness(const std::string& name);

 private:
  SimLoop loop_;
  store::OpenFiles files_;
  std::unique_ptr<CloudStore> store_;
  Status opened_;
};

}  // namespace edge::secrets
