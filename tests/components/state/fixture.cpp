#include "tests/components/state/fixture.h"

#include <utility>

#include <gtest/gtest.h>

namespace edge::state {
namespace {

std::unique_ptr<Store> make(SimLoop& loop, store::OpenFiles& files, const std::string& type,
                            components::Metadata metadata) {
  const auto* found = components::find_type(components::state_types(), type);
  return found->make({.name = "statestore",
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
      store_(make(loop_, *own_files_, type, std::move(metadata))),
      opened_(run(loop_, store_->init(Ctx::background()))) {}

RunningStore::RunningStore(SimLoop& loop, store::OpenFiles& files, const std::string& type,
                           components::Metadata metadata)
    : loop_(loop),
      store_(make(loop_, files, type, std::move(metadata))),
      opened_(run(loop_, store_->init(Ctx::background()))) {}

RunningStore::~RunningStore() {
  if (opened_) run(loop_, store_->close());
}

Result<std::vector<Item>> RunningStore::get_all(std::vector<std::string> keys) {
  return run(loop_, store_->get(Ctx::background(), std::move(keys)));
}

Item RunningStore::get(const std::string& key) {
  auto items = get_all({key});
  if (!items || items->size() != 1) {
    ADD_FAILURE() << (items ? "not one item" : items.error().message);
    return {};
  }
  EXPECT_EQ(items->front().key, key);
  return std::move(items->front());
}

std::optional<std::string> RunningStore::value(const std::string& key) {
  return get(key).value;
}

Result<std::vector<KeyError>> RunningStore::apply(std::vector<Operation> operations) {
  return run(loop_, store_->apply(Ctx::background(), std::move(operations)));
}

Status RunningStore::apply_one(Operation operation) {
  auto failed = apply({std::move(operation)});
  if (!failed) return std::move(failed).error();
  if (!failed->empty()) return failed->front().error;
  return {};
}

Status RunningStore::set(const std::string& key, const std::string& value, Metadata metadata) {
  return apply_one(SetRequest{.key = key, .value = value, .metadata = std::move(metadata)});
}

Status RunningStore::remove(const std::string& key, std::optional<std::string> etag) {
  return apply_one(DeleteRequest{.key = key, .etag = std::move(etag)});
}

Status RunningStore::transact(std::vector<Operation> operations) {
  return run(loop_, store_->transact(Ctx::background(), std::move(operations)));
}

Result<std::size_t> RunningStore::delete_with_prefix(const std::string& prefix) {
  return run(loop_, keyed()->delete_with_prefix(Ctx::background(), prefix));
}

Result<KeyedStore::KeysPage> RunningStore::keys_like(const std::string& pattern,
                                                     std::size_t page_size,
                                                     const std::string& token) {
  return run(loop_, keyed()->keys_like(Ctx::background(), pattern, page_size, token));
}

}  // namespace edge::state
