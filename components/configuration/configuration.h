// The contract of a configuration store: keys to versioned values, and word of their changes.
//
// Methods run on the loop. Source: wire reference §6, §14.5; conformance §3.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "edge/base/result.h"
#include "edge/loop/ctx.h"
#include "edge/loop/task.h"

namespace edge::configuration {

using Metadata = std::map<std::string, std::string, std::less<>>;

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

}  // namespace edge::configuration
