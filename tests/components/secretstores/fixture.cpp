#include "tests/components/secretstores/fixture.h"

#include <utility>

namespace edge::secrets {
RunningStore::RunningStore(const std::string& type, components::Metadata metadata,
                           const std::string& data_dir, const std::string& name) {
  const auto* found = components::find_type(components::secret_store_types(), type);
  store_ = found->make({.name = name,
                        .metadata = std::move(metadata),
                        .loop = loop_,
                        .files = files_,
                        .data_dir = data_dir});
  opened_ = run(loop_, store_->init(Ctx::background()));
}

RunningStore::~RunningStore() {
  if (opened_) run(loop_, store_->close());
}

Result<Secret> RunningStore::get(const std::string& name) {
  return run(loop_, store_->get(Ctx::background(), name));
}

std::string RunningStore::value(const std::string& name, const std::string& key) {
  const auto secret = get(name);
  return secret && secret->contains(key) ? secret->at(key) : "(none)";
}

Result<Secrets> RunningStore::get_all() {
  return run(loop_, store_->get_all(Ctx::background()));
}

Result<SecretInfo> RunningStore::set(const std::string& name, Secret secret) {
  return run(loop_, editable().set(Ctx::background(), name, std::move(secret)));
}

Status RunningStore::remove(const std::string& name) {
  return run(loop_, editable().remove(Ctx::background(), name));
}

Result<std::vector<SecretInfo>> RunningStore::list() {
  return run(loop_, editable().list(Ctx::background()));
}

Result<KeyChange> RunningStore::rotate_key() {
  return run(loop_, editable().rotate_key(Ctx::background()));
}

}  // namespace edge::secrets
