// The contract of a state store: keys to values with ETags, TTL and transactions.
//
// Methods run on the loop; a store that blocks does its work elsewhere and comes back. Keys arrive
// with their prefix already applied. An answer is given only once the write is as durable as the
// store promises: after a crash, whatever was answered is still there.
// Source: wire reference §2.10, §14.2; conformance §1.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "edge/base/result.h"
#include "edge/loop/ctx.h"
#include "edge/loop/task.h"

namespace edge::state {

// What a value is: text of a JSON document, or bytes that the store keeps as they are.
enum class ValueKind { kJson, kBytes };

enum class Concurrency { kUnspecified, kFirstWrite, kLastWrite };

using Metadata = std::map<std::string, std::string, std::less<>>;

struct SetRequest {
  std::string key;
  std::string value;
  ValueKind kind = ValueKind::kJson;
  std::optional<std::string> etag;  // absent or "": no check
  Concurrency concurrency = Concurrency::kUnspecified;
  Metadata metadata;  // "ttlInSeconds"; names are matched ignoring case
};

struct DeleteRequest {
  std::string key;
  std::optional<std::string> etag;
  Concurrency concurrency = Concurrency::kUnspecified;
};

using Operation = std::variant<SetRequest, DeleteRequest>;

// A missing key is an item without value, ETag or metadata: not an error.
struct Item {
  std::string key;
  std::optional<std::string> value;
  ValueKind kind = ValueKind::kJson;
  std::string etag;
  Metadata metadata;  // "ttlExpireTime", RFC 3339, where the key expires
};

// Why a write was refused, for the caller to choose by.
// kAborted: the ETag does not match (another writer came first). kInvalidArgument: the ETag or an
// option is not one that this store understands. Everything else: the store failed.
struct KeyError {
  std::string key;
  Error error;
};

enum class Feature { kEtag, kTransactional, kTtl, kDeleteWithPrefix, kKeysLike, kQuery };

class Store {
 public:
  virtual ~Store() = default;

  [[nodiscard]] virtual std::vector<Feature> features() const = 0;

  // Opens what the store needs. Errors: kInvalidArgument for a bad field, else what the system
  // said.
  virtual Task<Status> init(Ctx ctx) = 0;
  // Waits for writes under way, then closes. Legal once, after init, with no other call pending.
  virtual Task<void> close() = 0;

  virtual Task<Result<std::vector<Item>>> get(Ctx ctx, std::vector<std::string> keys) = 0;

  // Each operation stands alone: one that fails leaves the others. The answer lists those that
  // failed; empty means that all were applied.
  virtual Task<Result<std::vector<KeyError>>> apply(Ctx ctx, std::vector<Operation> operations) = 0;

  // All operations in the given order, or none. Errors: the first operation's that failed.
  virtual Task<Status> transact(Ctx ctx, std::vector<Operation> operations) = 0;
};

// Optional ability of a store: removal and listing by key.
class KeyedStore {
 public:
  virtual ~KeyedStore() = default;

  // Removes every key that is `prefix` plus one last segment without "||"; "||" is added to the
  // prefix where it is missing. Gives how many. Errors: kInvalidArgument "prefix is required".
  virtual Task<Result<std::size_t>> delete_with_prefix(Ctx ctx, std::string prefix) = 0;

  struct KeysPage {
    std::vector<std::string> keys;
    std::string continuation_token;  // "" at the end
  };
  // Keys that match an SQL LIKE pattern: '%' any run, '_' one character, backslash escapes.
  // page_size 0: no limit. Errors: kInvalidArgument for an empty pattern or a bad token.
  virtual Task<Result<KeysPage>> keys_like(Ctx ctx, std::string pattern, std::size_t page_size,
                                           std::string continuation_token) = 0;
};

}  // namespace edge::state
