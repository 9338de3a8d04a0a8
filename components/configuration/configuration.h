// The contract of a configuration store: keys to versioned values, and word of their changes.
//
// Methods run on the loop. Source: wire reference §6, §14.5; conformance §3.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "edge/base/result.h"
#include "edge/base/time.h"
#include "edge/loop/ctx.h"
#include "edge/loop/task.h"

namespace edge::configuration {

using Metadata = std::map<std::string, std::string, std::less<>>;

// Metadata of get() and subscribe() that the hub sets, whatever a caller says: the lane that is
// asked for; absent for the baseline.
inline constexpr std::string_view kLaneKey = "lane";
// The device that a caller asks for, where a store has a layer of devices.
inline constexpr std::string_view kDeviceKey = "device";

// A key that was deleted is an item without value and version.
struct Item {
  std::string value;
  std::string version;
  Metadata metadata;  // "source", "asof", "stale" and what the store says besides
};

using Items = std::map<std::string, Item, std::less<>>;

using SubscriptionId = std::uint64_t;

// Called on the loop, once for each revision that changed keys of the subscription, with these
// keys and no others. It hands over and returns.
using Observer = std::function<void(Items changed)>;

class Store {
 public:
  virtual ~Store() = default;

  // Opens what the store needs. Errors: kInvalidArgument for a bad field, else what the system
  // said.
  virtual Task<Status> init(Ctx ctx) = 0;
  // Ends every subscription. Legal once, after init, with no other call pending.
  virtual Task<void> close() = 0;

  // The items of these keys, of all keys where none is given. A key that is not there is left out.
  virtual Task<Result<Items>> get(Ctx ctx, std::vector<std::string> keys, Metadata metadata) = 0;

  // No key: every key, also one that comes later.
  virtual Task<Result<SubscriptionId>> subscribe(Ctx ctx, std::vector<std::string> keys,
                                                 Metadata metadata, Observer observer) = 0;
  // From the return on the observer is not called. Errors: kNotFound.
  virtual Status unsubscribe(SubscriptionId id) = 0;
};

// What a key becomes; without value: deleted.
struct Change {
  std::string key;
  std::optional<std::string> value;
};

struct Written {
  std::uint64_t revision = 0;  // the store's, new where anything changed
  std::size_t changed = 0;     // keys
};

// One revision: what each of its keys had before and had afterwards.
struct Difference {
  std::string key;
  std::optional<std::string> before;
  std::optional<std::string> after;
};
struct PastRevision {
  std::uint64_t number = 0;
  WallTime time;
  std::string note;
  std::vector<Difference> differences;
};

// Optional ability of a store: it is written here, in revisions that are numbered from 1 and
// applied as a whole. A number is never used again; an item's version is the revision that set it.
class EditableStore {
 public:
  virtual ~EditableStore() = default;

  // 0 before the first.
  [[nodiscard]] virtual std::uint64_t revision() const = 0;

  // One revision of these changes, durable when answered; subscribers are called before. What a
  // key has already is no change, and a revision without changes is none. Of several changes of
  // one key the last counts. Errors: kInvalidArgument or kResourceExhausted, naming the limit.
  virtual Task<Result<Written>> write(Ctx ctx, std::vector<Change> changes, std::string note) = 0;

  // Newest first, at most `limit`, fewer where they are large.
  virtual Task<Result<std::vector<PastRevision>>> history(Ctx ctx, std::size_t limit) = 0;

  // A new revision with the values that `revision` had. Errors: kNotFound (there was none of that
  // number), kOutOfRange (older than what is kept; says what is the oldest).
  virtual Task<Result<Written>> rollback(Ctx ctx, std::uint64_t revision) = 0;
};

// How apps are that use a store; by their names.
struct AppHealth {
  std::function<std::set<std::string>()> well;
  std::function<bool(const std::string& app)> is_unwell;  // false for one that is not there
};

// What a layer of a store serves of what its source has.
struct Generation {
  std::string layer;           // "base", "lane", "group-north"; "all" where there are no layers
  std::string_view status;     // "proven", "probation", "rolledback", "refused"
  std::uint64_t revision = 0;  // of the source
  std::uint64_t served = 0;    // the one that is served: the same, or the one proven before
  WallTime since;
  std::optional<WallTime> expires;  // what its signer said of it
  bool expired = false;
  std::string withheld;         // the digest of what is not served; "" where all is
  std::string reason;           // why it is not
  std::uint64_t rollbacks = 0;  // since the start
  std::uint64_t refusals = 0;

  [[nodiscard]] bool is_on_probation() const noexcept { return status == "probation"; }
};

// Optional ability of a store: what it takes over from elsewhere is on probation first, and is
// taken back where apps become unwell with it. Source: sync reference §4.5.
class GuardedStore {
 public:
  virtual ~GuardedStore() = default;

  // Who says how apps are. Once, after init.
  virtual void judge_by(AppHealth health) = 0;
  // An app that uses the store was well and is not any more.
  virtual void suspect(const std::string& app) = 0;

  // The lowest layer first.
  [[nodiscard]] virtual std::vector<Generation> generations() const = 0;
  // Called when these have become others.
  virtual void on_generations(std::function<void()> observer) = 0;
};

// Optional ability of a store: it keeps a copy of what is elsewhere.
class ReplicaStore {
 public:
  virtual ~ReplicaStore() = default;
  // Reads everything again now; subscribers are told what differs. Gives how many keys there are.
  // Errors: why it cannot be read; the copy stays as it was then.
  virtual Task<Result<std::size_t>> refresh(Ctx ctx) = 0;
};

}  // namespace edge::configuration
