#include "tests/components/configuration/fixture.h"

#include <utility>

#include <gtest/gtest.h>

namespace edge::configuration {
namespace {

std::unique_ptr<Store> make(SimLoop& loop, store::OpenFiles& files, const std::string& type,
                            const std::string& name, components::Metadata metadata) {
  const auto* found = components::find_type(components::configuration_types(), type);
  return found->make({.name = name,
                      .metadata = std::move(metadata),
                      .loop = loop,
                      .files = files,
                      .data_dir = ""});
}

}  // namespace

RunningStore::RunningStore(const std::string& type, components::Metadata metadata)
    : own_loop_(std::make_unique<SimLoop>()),
      own_files_(std::make_unique<store::OpenFiles>()),
      loop_(*own_loop_),
      store_(make(loop_, *own_files_, type, "configstore", std::move(metadata))),
      opened_(run(loop_, store_->init(Ctx::background()))) {}

RunningStore::RunningStore(SimLoop& loop, store::OpenFiles& files, const std::string& name,
                           components::Metadata metadata)
    : loop_(loop),
      store_(make(loop_, files, "configuration.sqlite", name, std::move(metadata))),
      opened_(run(loop_, store_->init(Ctx::background()))) {}

RunningStore::~RunningStore() {
  if (opened_) run(loop_, store_->close());
}

Items RunningStore::get(std::vector<std::string> keys) {
  auto items = run(loop_, store_->get(Ctx::background(), std::move(keys), {}));
  if (items) return std::move(*items);
  ADD_FAILURE() << items.error().message;
  return {};
}

std::optional<std::string> RunningStore::value(const std::string& key) {
  const Items items = get({key});
  if (items.empty()) return std::nullopt;
  EXPECT_EQ(items.size(), 1U);
  return items.at(key).value;
}

SubscriptionId RunningStore::subscribe(std::vector<std::string> keys, Told* told) {
  auto id =
      run(loop_, store_->subscribe(Ctx::background(), std::move(keys), {},
                                   [told](const Items& changed) { told->push_back(changed); }));
  if (id) return *id;
  ADD_FAILURE() << id.error().message;
  return 0;
}

Result<Written> RunningStore::write(std::vector<Change> changes, const std::string& note) {
  return run(loop_, editable()->write(Ctx::background(), std::move(changes), note));
}

Result<Written> RunningStore::set(const std::string& key, const std::string& value) {
  return write({{key, value}});
}

Result<Written> RunningStore::rollback(std::uint64_t revision) {
  return run(loop_, editable()->rollback(Ctx::background(), revision));
}

std::vector<PastRevision> RunningStore::history(std::size_t limit) {
  auto past = run(loop_, editable()->history(Ctx::background(), limit));
  if (past) return std::move(*past);
  ADD_FAILURE() << past.error().message;
  return {};
}

}  // namespace edge::configuration
