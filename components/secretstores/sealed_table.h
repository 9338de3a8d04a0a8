// Sealed secrets as rows of a database: what secretstores.sqlite reads and writes.
//
// No thread of its own: each method is given the connection to use. A row is bound to its store,
// name, version and time, so one that is put in another's place does not open.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "components/secretstores/key_ring.h"
#include "components/secretstores/secretstores.h"
#include "edge/net/tls/seal.h"
#include "edge/store/db.h"

namespace edge::secrets {

struct SealedRow {
  std::string store;
  std::string name;
  std::int64_t version = 0;
  std::int64_t changed_ms = 0;  // since 1970
  std::string key_id;
  tls::Sealed sealed;
};

class SealedTable {
 public:
  static constexpr std::int64_t kMaxSecrets = 1024;

  // `store` is the component's name; several may use the table.
  explicit SealedTable(std::string store) : store_(std::move(store)) {}

  // Makes the table. May run inside a transaction.
  static Status create(store::Db& db);

  Result<std::optional<SealedRow>> read(store::Db& db, const std::string& name) const;
  Result<std::vector<SealedRow>> read_all(store::Db& db) const;
  Result<std::vector<SecretInfo>> list(store::Db& db) const;
  // Errors: kResourceExhausted when there are kMaxSecrets already.
  Result<SecretInfo> write(store::Db& db, const SealKey& key, const std::string& name,
                           const tls::SecretBytes& plain, std::int64_t changed_ms) const;
  // False where there is none.
  Result<bool> remove(store::Db& db, const std::string& name) const;

  // The ids of the keys that this store's rows are sealed under, or those of every store.
  enum class Whose { kThisStore, kEveryStore };
  Result<std::set<std::string>> key_ids(store::Db& db, Whose whose) const;

  // Seals each row of every store that `ring` can open under `to`; the others stay. Gives how
  // many. Errors: kDataLoss for a row of a key at hand that does not open; then nothing is changed,
  // where the transaction is undone.
  static Result<std::size_t> reseal(store::Db& db, const KeyRing& ring, const SealKey& to);

  // Errors: kFailedPrecondition where its key is not at hand; kDataLoss; each names the secret.
  static Result<tls::SecretBytes> open(const SealedRow& row, const KeyRing& ring);

 private:
  [[nodiscard]] Status check_room(store::Db& db) const;

  std::string store_;
};

}  // namespace edge::secrets
