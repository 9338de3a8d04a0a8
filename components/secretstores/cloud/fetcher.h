// Fetcher: brings copies from the upstream, each name once at a time, and knows when each is to be
// brought again.
//
// A reading that has begun goes on when whoever asked has gone. One owner; all on the loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "components/secretstores/changes.h"
#include "components/secretstores/cloud/lease.h"
#include "components/secretstores/cloud/sealed_copies.h"
#include "components/secretstores/cloud/upstream.h"
#include "edge/base/backoff.h"
#include "edge/loop/sync.h"
#include "edge/loop/task_group.h"

namespace edge::secrets {

// The name under which the list of all names is kept.
inline constexpr std::string_view kListing;

class Fetcher {
 public:
  // One reading that is under way. Others may wait for it.
  struct Flight {
    explicit Flight(Loop& loop) : landed(loop) {}
    Event landed;
    Status outcome;
  };
  using FlightPtr = std::shared_ptr<Flight>;

  enum class Link : std::uint8_t { kUnknown, kUp, kDown };

  // All of it outlives the fetcher. `store`: the component's name.
  Fetcher(const components::Context& context, Upstream& upstream, SealedCopies& copies,
          const LeasePolicy& policy);

  // Begins to read a name, or joins who does.
  FlightPtr begin(const std::string& name);
  // Reads a name, waits, and keeps it. Errors: of the upstream; kUnavailable at once where it could
  // not be reached a moment ago; those of `ctx`.
  Task<Status> fetch(Ctx ctx, std::string name);

  // What is being read now is read again before it is kept.
  void discard_flights() noexcept { ++purges_; }
  void forget(const std::string& name) { plans_.erase(name); }

  // Has copies read again soon after a start, not all hubs in step.
  void plan_all();
  struct Due {
    std::string name;
    TimePoint when;
  };
  [[nodiscard]] std::optional<Due> next_due() const;
  // Begins to read what is due, and with it what will be soon, so that an upstream may join them.
  std::vector<FlightPtr> begin_due();
  // Set whenever next_due() may have changed.
  [[nodiscard]] Event& replanned() noexcept { return replanned_; }

  // Called when a secret that is kept has become another, after it is on the disk.
  void on_change(std::function<void(SecretChange)> observer) { on_change_ = std::move(observer); }

  [[nodiscard]] Link link() const noexcept { return link_; }
  [[nodiscard]] Heard heard(std::string_view name) const;
  Task<void> close() { return tasks_.close(); }

 private:
  // When a name is read again, and what its last reading gave.
  struct Plan {
    TimePoint due;
    Backoff pauses{std::chrono::seconds(1), std::chrono::minutes(5)};
    Heard heard = Heard::kNothing;
  };

  Task<void> fly(std::string name, FlightPtr flight);
  Task<Status> bring(Ctx ctx, std::string name);
  Task<Status> bring_once(Ctx ctx, const std::string& name);
  Task<Status> bring_secret(Ctx ctx, std::string name);
  Task<Status> bring_listing(Ctx ctx);
  Task<Status> keep(SealedCopies::Reading reading);
  Task<Status> note_absence(std::string name, Error why);
  void landed(const std::string& name, const Status& outcome);
  void heard_from(const Status& outcome);
  void tell(SecretChange change) const;
  [[nodiscard]] Duration rewrite_after() const;

  Loop& loop_;
  std::string store_;
  Upstream& upstream_;
  SealedCopies& copies_;
  LeasePolicy policy_;
  std::map<std::string, FlightPtr, std::less<>> flights_;
  std::map<std::string, Plan, std::less<>> plans_;
  Semaphore lines_;
  std::uint64_t purges_ = 0;
  Link link_ = Link::kUnknown;
  Error last_failure_;
  TimePoint down_since_;
  TimePoint retry_;  // while the link is down
  Backoff link_pauses_{std::chrono::seconds(1), std::chrono::minutes(1)};
  Event replanned_;
  std::function<void(SecretChange)> on_change_;
  TaskGroup tasks_;
};

}  // namespace edge::secrets
