// secretstores.sqlite: secrets sealed in an SQLite file, with a key that is not in the file.
//
// Everything goes through the file's one Writer; changes are answered after its commit. Where
// neither the file nor a key is there, both are made at the first change, so a hub without secrets
// has none.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "components/context.h"
#include "components/database.h"
#include "components/secretstores/key_ring.h"
#include "components/secretstores/sealed_table.h"
#include "components/secretstores/secretstores.h"
#include "edge/loop/sync.h"

namespace edge::secrets {

struct SqliteOptions {
  std::string path;
  std::string key_path;
};

std::span<const components::Field<SqliteOptions>> sqlite_fields();

class SqliteStore final : public Store, public EditableStore {
 public:
  explicit SqliteStore(const components::Context& context);

  [[nodiscard]] std::vector<Feature> features() const override { return {Feature::kMultiValued}; }
  Task<Status> init(Ctx ctx) override;
  Task<Result<Secret>> get(Ctx ctx, std::string name) override;
  Task<Result<Secrets>> get_all(Ctx ctx) override;
  Task<void> close() override;

  // One change at a time; others wait.
  Task<Result<SecretInfo>> set(Ctx ctx, std::string name, Secret secret) override;
  Task<Status> remove(Ctx ctx, std::string name) override;
  Task<Result<std::vector<SecretInfo>>> list(Ctx ctx) override;
  // Not cut short by `ctx` once it has begun.
  Task<Result<KeyChange>> rotate_key(Ctx ctx) override;

 private:
  Status read_options();
  Task<Status> open(Ctx ctx);
  Task<Status> find_keys(Ctx ctx);
  [[nodiscard]] Result<tls::SecretBytes> open_row(const SealedRow& row,
                                                  const KeyRing& before) const;
  Task<Result<SealKeyPtr>> key_to_seal_with(Ctx ctx);
  Task<Result<SecretInfo>> set_alone(Ctx ctx, std::string name, tls::SecretBytes plain);
  Task<Result<KeyChange>> rotate_alone();
  Task<Result<KeyChange>> rotate_file();
  Task<Result<KeyChange>> reseal_for_credential();
  template <class T>
  Task<Result<T>> on_writer(Ctx ctx, std::function<Result<T>(store::Db&)> work,
                            std::size_t size_bytes = 0);
  [[nodiscard]] std::int64_t now_ms() const;

  components::Context context_;
  SqliteOptions options_;
  std::string credentials_;  // systemd's folder of them
  std::shared_ptr<const SealedTable> table_;
  components::Database database_;
  bool is_open_ = false;
  std::optional<KeyFileClaim> claim_;
  KeyRingPtr ring_;
  Semaphore changes_;
};

}  // namespace edge::secrets
