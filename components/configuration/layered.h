// LayeredStore: items that lie in layers elsewhere, from a copy on this hub.
//
// What is asked for comes from the copies (replica/), which feeds keep as the source is; items say
// how fresh they are. Without the source the last known values are served, also after a restart.
// Opening never waits for it. With layers an item is what the highest layer says that has its key:
// the device's that is asked for, the hub's own, its group's, the caller's lane's, the baseline's.
// Source: sync reference §1.5, §4.1, §7.7.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "components/configuration/configuration.h"
#include "components/configuration/feed.h"
#include "components/configuration/layered_options.h"
#include "components/configuration/overlay.h"
#include "components/configuration/subscribers.h"
#include "components/context.h"
#include "components/replica/probation.h"
#include "components/replica/replica.h"
#include "edge/loop/task_group.h"

namespace edge::configuration {

// A layer of a source.
struct Place {
  unsigned number;    // of its copy in the file, the same for good
  std::string scope;  // what of which source it is
  LayerKind kind = LayerKind::kForAll;
  std::string stem = {};
  std::string layer = "all";  // its name for people
};

// What a store says of its layers.
struct Layers {
  enum class Devices : std::uint8_t { kNone, kSeen };
  std::string source;         // for messages: "etcd"
  std::vector<Place> places;  // the lowest first
  Devices devices = Devices::kNone;
  std::string hidden = {};  // a key that nobody sees
  LayeredOptions options = {};

  [[nodiscard]] bool has_lanes() const { return places.size() > 1; }
};

class LayeredStore : public Store, public GuardedStore, public ReplicaStore {
 public:
  explicit LayeredStore(const components::Context& context);
  ~LayeredStore() override;

  Task<Status> init(Ctx ctx) override;
  Task<void> close() override;
  // Errors: also kUnavailable as long as nothing was ever read from the source.
  Task<Result<Items>> get(Ctx ctx, std::vector<std::string> keys, Metadata metadata) override;
  Task<Result<SubscriptionId>> subscribe(Ctx ctx, std::vector<std::string> keys, Metadata metadata,
                                         Observer observer) override;
  Status unsubscribe(SubscriptionId id) override;
  Task<Result<std::size_t>> refresh(Ctx ctx) override;

  void judge_by(AppHealth health) override { health_ = std::move(health); }
  void suspect(const std::string& app) override;
  [[nodiscard]] std::vector<Generation> generations() const override;
  void on_generations(std::function<void()> observer) override {
    on_generations_ = std::move(observer);
  }

 protected:
  // Reads the fields, and makes what feeds need. Errors: kInvalidArgument, naming the field.
  virtual Result<Layers> prepare() = 0;
  // What a copy takes over has to pass. Before it is opened.
  virtual void check(replica::Replica& replica, const Place& place) const;
  virtual std::unique_ptr<Feed> make_feed(const Place& place, replica::Replica& replica,
                                          Feed::OnStep on_step) = 0;
  // When no feed is left.
  virtual void release() {}

  [[nodiscard]] const components::Context& context() const noexcept { return context_; }

 private:
  // A layer: its part of etcd, and the copy of it.
  struct Part {
    std::string layer;
    std::unique_ptr<replica::Replica> replica;
    std::unique_ptr<replica::Probation> probation;  // null where there is none
    std::unique_ptr<Feed> feed;
    std::uint64_t refusals = 0;
    std::optional<WallTime> expires = std::nullopt;  // the first of its manifests
    bool told_expired = false;
  };
  struct Seat {
    Viewer viewer;
    SubscriptionId id;
  };

  Task<Status> add_part(Ctx ctx, const Place* place);
  void watch_over(Part& part, std::size_t number);
  void note_refusal(Part& part, const replica::Step& step) const;
  [[nodiscard]] replica::Health health() const;
  void look_for_expiry(Part& part) const;
  [[nodiscard]] bool has_expired(const Part& part) const;
  Task<void> watch_expiry(Ctx ctx);
  void stepped(std::size_t part, const replica::Step& step);
  void tell(std::size_t part, const replica::Step& step);
  // Errors: kInvalidArgument: no device can be called so.
  [[nodiscard]] Result<Viewer> viewer_of(const Metadata& metadata) const;
  [[nodiscard]] Metadata freshness() const;
  [[nodiscard]] Error nothing_yet() const;

  components::Context context_;
  Layers layout_;
  std::vector<Part> parts_;  // the lowest layer first
  std::vector<Layer> layers_;
  std::unique_ptr<Overlay> overlay_;
  std::map<Viewer, Subscribers> subscribers_;
  std::map<SubscriptionId, Seat> seats_;
  SubscriptionId last_ = 0;
  bool telling_ = false;
  AppHealth health_;
  std::function<void()> on_generations_;
  TaskGroup tasks_;
};

}  // namespace edge::configuration
