#include "tests/components/secretstores/fake_cloud.h"

#include <gtest/gtest.h>

namespace edge::secrets {

Task<Status> FakeUpstream::travel(Ctx ctx) {
  auto travelled = co_await sleep_for(loop_, ctx, cloud_.takes);
  if (!travelled) co_return travelled;
  if (cloud_.failure) co_return *cloud_.failure;
  co_return Status();
}

Task<Result<Fetched>> FakeUpstream::read(Ctx ctx, std::string name, RequestMetadata metadata) {
  cloud_.reads.push_back(name);
  auto there = co_await travel(ctx);
  if (!there) co_return there.error();
  if (const auto refused = cloud_.refused.find(name); refused != cloud_.refused.end()) {
    co_return refused->second;
  }
  const auto found = cloud_.items.find(name);
  if (found == cloud_.items.end()) co_return Error{Code::kNotFound, "no such secret"};
  const auto& [value, version] = found->second;
  const auto asked = metadata.find("version_id");
  const std::string shown = asked == metadata.end() ? value : value + "@" + asked->second;
  co_return Fetched{{{name, shown}}, std::to_string(version)};
}

Task<Result<std::vector<std::string>>> FakeUpstream::list(Ctx ctx) {
  cloud_.reads.emplace_back();
  auto there = co_await travel(ctx);
  if (!there) co_return there.error();
  std::vector<std::string> names;
  for (const auto& [name, item] : cloud_.items) names.push_back(name);
  co_return names;
}

RunningCloud::RunningCloud(FakeCloud& cloud, const test::TempDir& dir, components::Metadata fields,
                           const std::string& name) {
  store_ = std::make_unique<CloudStore>(components::Context{.name = name,
                                                            .metadata = std::move(fields),
                                                            .loop = loop_,
                                                            .files = files_,
                                                            .data_dir = dir.path()},
                                        std::make_unique<FakeUpstream>(loop_, cloud));
  opened_ = run(loop_, store_->init(Ctx::background()));
}

RunningCloud::~RunningCloud() {
  if (opened_) run(loop_, store_->close());
}

void RunningCloud::pass(Duration time) {
  EXPECT_TRUE(run(loop_, sleep_for(loop_, Ctx::background(), time)));
}

Result<SecretReading> RunningCloud::read(const std::string& name, RequestMetadata metadata) {
  return run(loop_, store_->read(Ctx::background(), name, std::move(metadata)));
}

std::string RunningCloud::value(const std::string& name) {
  const auto reading = read(name);
  return reading ? reading->secret.at(name) : "(" + reading.error().message + ")";
}

Freshness RunningCloud::freshness(const std::string& name) {
  const auto reading = read(name);
  return reading && reading->freshness ? *reading->freshness
                                       : Freshness{.live = true, .stale = true};
}

}  // namespace edge::secrets
