// Sealed copies of a vendor's secrets as rows of a database.
//
// No thread of its own: each method is given the connection to use. A row is bound to its store,
// scope, name, version and time, so one that is put in another's place, or made younger, does not
// open. Source: sync reference §6.3.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "components/secretstores/key_ring.h"
#include "components/secretstores/secretstores.h"
#include "edge/net/tls/seal.h"
#include "edge/store/db.h"

namespace edge::secrets {

// What a row says: a secret's values; that there is no secret of this name; or, under the name "",
// which secrets there are.
enum class CopyKind : std::uint8_t { kSecret, kAbsence, kListing };

struct Copy {
  std::string name;
  CopyKind kind = CopyKind::kSecret;
  std::string version;       // the vendor's name for it
  std::int64_t read_ms = 0;  // since 1970, by the lease's clock
  std::string key_id;
  tls::Sealed sealed;
};

class CopyTable {
 public:
  // `store`: the component's name. `scope`: what of which vendor is copied.
  CopyTable(std::string store, std::string scope)
      : store_(std::move(store)), scope_(std::move(scope)) {}

  // Makes the tables. May run inside a transaction.
  static Status create(store::Db& db);

  // Removes what other stores have left. Gives their names. A file without copies stays as it is.
  static Result<std::vector<std::string>> remove_others(store::Db& db,
                                                        const std::set<std::string>& stores);

  struct Content {
    std::vector<Copy> copies;
    std::int64_t clock_ms = 0;  // the last time that was noted
  };
  // Removes what is of another scope.
  Result<Content> load(store::Db& db) const;

  // The same, with values sealed under `key`. Errors: kInternal.
  Result<Copy> seal(Copy copy, const SealKey& key, const Secret& values) const;
  // Errors: kFailedPrecondition where its key is not at hand; kDataLoss; each names the secret.
  Result<Secret> open(const Copy& copy, const KeyRing& ring) const;
  // The same copy under `key`.
  Result<Copy> reseal(Copy copy, const KeyRing& ring, const SealKey& key) const;

  Status write(store::Db& db, const Copy& copy) const;
  Status remove(store::Db& db, const std::string& name) const;
  static Status note_clock(store::Db& db, std::int64_t now_ms);

 private:
  Result<tls::SecretBytes> open_bytes(const Copy& copy, const KeyRing& ring) const;

  std::string store_;
  std::string scope_;
};

}  // namespace edge::secrets
