// Uplink: connections to the cloud's broker, as the sync engine uses them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "edge/loop/task.h"
#include "sync/core/events.h"

namespace edge::sync {

enum class Keep : std::uint8_t { kNo, kLatest };

// kSomebody: it is not taken where nobody subscribes to its topic, as far as the broker tells.
enum class Audience : std::uint8_t { kAny, kSomebody };

struct Publication {
  std::string topic;
  std::string payload;
  Keep keep = Keep::kNo;  // kLatest: the broker tells it to those who subscribe later (retain)
  std::string lane = {};  // "": the baseline's
  HubTime remaining{0};   // until it expires; 0: never
  Audience audience = Audience::kAny;
};

// What the broker says of a publication.
enum class Verdict : std::uint8_t {
  kTaken,
  kNever,      // it will never take it
  kUnclaimed,  // it has nobody to give it to
  kForbidden,  // it does not take it at this topic
  kBusy,       // it takes nothing now
};

// A message of the broker. It stays the broker's until it is acknowledged by its number; 0: it
// needs none.
struct Delivery {
  std::uint64_t number = 0;
  std::string topic;
  std::string payload;
};

// Called on the loop, also from within calls of Uplink.
class UplinkOwner {
 public:
  virtual ~UplinkOwner() = default;
  // So many publications may be on their way.
  virtual void connected(Connection connection, std::size_t window) = 0;
  // It has ended, or could not be had. The last that is said of a connection.
  virtual void lost(Connection connection) = 0;
  // All filters of the last subscribe() are granted.
  virtual void subscribed(Connection connection) = 0;
  virtual void answered(Connection connection, std::uint64_t number, Verdict verdict) = 0;
  virtual void received(Connection connection, Delivery delivery) = 0;
};

// It connects when it is told to, never by itself. At most one connection is used at a time; calls
// for one that has ended do nothing. Loop thread; closed before it goes away.
class Uplink {
 public:
  virtual ~Uplink() = default;
  // Before all else, once. `owner` outlives the uplink's close().
  virtual void attach(UplinkOwner& owner) = 0;

  // `farewell` is published by the broker when the connection breaks, where it can.
  virtual void connect(Connection connection, Publication farewell) = 0;
  // Ends it, as the broker did not do what `reason` says; lost() follows.
  virtual void disconnect(Connection connection, std::string reason) = 0;
  // To these filters and no others of this uplink.
  virtual void subscribe(Connection connection, std::vector<std::string> filters) = 0;
  // `number` is answered, unless the connection ends; 0: nobody wants to know.
  virtual void publish(Connection connection, std::uint64_t number, Publication publication) = 0;
  virtual void acknowledge(Connection connection, std::uint64_t delivery) = 0;
  // Ends the connection in order, after what was published last.
  virtual Task<void> close() = 0;
};

}  // namespace edge::sync
