// The contract of a secret store: names to secrets, each of one or more named values.
//
// Methods run on the loop. What a store gives is never logged.
// Source: wire reference §5, §14.6; conformance §4.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "edge/base/result.h"
#include "edge/base/time.h"
#include "edge/loop/ctx.h"
#include "edge/loop/task.h"

namespace edge::secrets {

// A secret of one value has it under the secret's own name.
using Secret = std::map<std::string, std::string, std::less<>>;
using Secrets = std::map<std::string, Secret, std::less<>>;

enum class Feature : std::uint8_t { kMultiValued };

class Store {
 public:
  virtual ~Store() = default;
  // Known after init().
  [[nodiscard]] virtual std::vector<Feature> features() const { return {}; }
  // Errors: kInvalidArgument for a bad field, else what the system said.
  virtual Task<Status> init(Ctx ctx) = 0;
  // Errors: kNotFound, naming the secret.
  virtual Task<Result<Secret>> get(Ctx ctx, std::string name) = 0;
  virtual Task<Result<Secrets>> get_all(Ctx ctx) = 0;
  virtual Task<void> close() = 0;
};

// How fresh a copy is of what is kept elsewhere. Source: design, "freshness".
struct Freshness {
  bool live = false;   // it is what the source has, as far as can be known
  bool stale = false;  // it ought to have been read again by now
  WallTime as_of;      // when it was last known to be so
};

struct SecretReading {
  Secret secret;
  std::optional<Freshness> freshness;  // nothing where no copy is involved
};

struct SecretsReading {
  Secrets secrets;
  std::optional<Freshness> freshness;  // of the least fresh one
};

// What a request says besides the name: "version_stage", "version_id".
using RequestMetadata = std::map<std::string, std::string, std::less<>>;

// What a store can do besides that keeps copies of what is elsewhere.
class ReplicaStore {
 public:
  virtual ~ReplicaStore() = default;
  // As Store::get and get_all. Errors: also kUnavailable where there is no copy and the source
  // cannot be reached; kFailedPrecondition where there is one whose lease has ended.
  virtual Task<Result<SecretReading>> read(Ctx ctx, std::string name, RequestMetadata metadata) = 0;
  virtual Task<Result<SecretsReading>> read_all(Ctx ctx) = 0;
  // Reads everything that is kept again now. Gives how many secrets. Errors: the first's.
  virtual Task<Result<std::size_t>> refresh(Ctx ctx) = 0;
  // Forgets copies of secrets; "*" stands for all of them. Gives how many there were. It is on the
  // disk when answered.
  virtual Task<Result<std::size_t>> purge(Ctx ctx, std::vector<std::string> names) = 0;
};

// What may be shown of a secret.
struct SecretInfo {
  std::string name;
  std::int64_t version = 0;  // counts up with every change
  WallTime changed;
};

struct KeyChange {
  std::string key_id;  // of the key that is in use now
  std::size_t secrets = 0;
};

// What a store can do besides whose secrets are changed through the hub.
class EditableStore {
 public:
  virtual ~EditableStore() = default;
  // Replaces all values of a secret. Durable when it returns.
  // Errors: kInvalidArgument for a name or a size that is not possible.
  virtual Task<Result<SecretInfo>> set(Ctx ctx, std::string name, Secret secret) = 0;
  // Errors: kNotFound.
  virtual Task<Status> remove(Ctx ctx, std::string name) = 0;
  // By name.
  virtual Task<Result<std::vector<SecretInfo>>> list(Ctx ctx) = 0;
  // Seals every secret under a new key.
  // Errors: kFailedPrecondition where the hub cannot make one, with what to do.
  virtual Task<Result<KeyChange>> rotate_key(Ctx ctx) = 0;
};

}  // namespace edge::secrets
