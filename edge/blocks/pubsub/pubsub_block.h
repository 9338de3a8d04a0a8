// Publish: message buses by name, who may use them, and what an app's publication becomes.
//
// Source: wire reference §3.1-§3.5. What is delivered to apps is the affair of subscriber.h.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "components/pubsub/pubsub.h"
#include "edge/blocks/api_error.h"
#include "edge/blocks/apps/app.h"
#include "edge/blocks/lanes/lanes.h"
#include "edge/blocks/pubsub/publish_request.h"
#include "edge/blocks/pubsub/topic_scopes.h"
#include "edge/loop/sync.h"

namespace edge::sync {
struct Message;
}  // namespace edge::sync

namespace edge::blocks {

// A bus that components made available. It is open.
struct PubsubComponent {
  std::string name;
  std::unique_ptr<pubsub::Bus> bus;
  TopicScopes topics;
  std::vector<std::string> scopes;  // app ids; empty: every app
  // Topics on the bus begin with the app's namespace, which the app does not see.
  bool namespaced = false;

  [[nodiscard]] bool is_visible_to(const App& app) const;
  // The topic as the bus knows it.
  [[nodiscard]] std::string topic_on_bus(const App& app, std::string_view topic) const;
  [[nodiscard]] bool has(pubsub::Feature feature) const;
};

// A bus in use: it is not closed before all holds of it are gone.
class BusHold {
 public:
  BusHold() = default;
  BusHold(BusHold&& other) noexcept = default;
  BusHold& operator=(BusHold&& other) noexcept;
  ~BusHold() { release(); }

  void release() noexcept;
  explicit operator bool() const noexcept { return shared_ != nullptr; }
  [[nodiscard]] const PubsubComponent& component() const noexcept;
  [[nodiscard]] pubsub::Bus& bus() const noexcept { return *component().bus; }
  // Whether the component is about to go: whoever holds it lets go soon.
  [[nodiscard]] bool is_leaving() const noexcept;

 private:
  friend class PubsubBlock;
  struct Shared;
  explicit BusHold(std::shared_ptr<Shared> shared);
  std::shared_ptr<Shared> shared_;
};

// Told when buses come and go; on the loop, between awaits.
class BusWatcher {
 public:
  virtual ~BusWatcher() = default;
  virtual void buses_changed() = 0;
};

struct FailedEntry {
  std::string entry_id;
  std::string error;
};

struct BulkPublished {
  std::vector<FailedEntry> failed;
  pubsub::Durability durability = pubsub::Durability::kCloud;  // the least that an entry reached
};

class CloudOutlet;

class PubsubBlock {
 public:
  explicit PubsubBlock(Loop& loop) : loop_(loop) {}

  // `lanes` outlive the block; without them messages are in no lane.
  void use(Lanes& lanes) noexcept { lanes_ = &lanes; }
  // Null where messages are in no lane.
  [[nodiscard]] Lanes* lanes() const noexcept {
    return lanes_ != nullptr && lanes_->active() ? lanes_ : nullptr;
  }

  // Without it nothing goes to the cloud. `outlet` outlives the publications.
  void use(const CloudOutlet& outlet) noexcept { cloud_ = &outlet; }

  // Names are unique. Apps that wait for it subscribe.
  void add(PubsubComponent component);
  // Nobody finds it from here on; its subscriptions are closed, its calls awaited, then the bus
  // is closed. Nothing happens for a name that is not known.
  Task<void> remove(std::string name);
  Task<void> close();

  // Whether `app` may publish to a topic of that name, as far as that is known without the
  // message. Errors: daprd's for a name or topic that is empty or not known.
  [[nodiscard]] ApiResult<void> check(const App& app, std::string_view pubsub,
                                      std::string_view topic,
                                      const pubsub::Metadata& metadata) const;

  // Wraps the message into its envelope and publishes it. Says what it has reached. The request
  // metadata "durability" (memory, committed, cloud) is the least that must be reached: a message
  // that reached less has been published, and the request fails all the same. Legal after check().
  Task<ApiResult<pubsub::Durability>> publish(Ctx ctx, const App* app, PublishRequest request);
  // Each entry for itself; entries that fail are listed. Errors: what keeps all from being tried.
  Task<ApiResult<BulkPublished>> publish_all(Ctx ctx, const App* app, BulkPublishRequest request);

  // The bus for `app`, to subscribe or to publish as it is; empty where it is not there (yet).
  [[nodiscard]] BusHold hold(const App& app, std::string_view name) const;
  // The same for the hub's own tools, which see every bus.
  [[nodiscard]] BusHold hold(std::string_view name) const;
  // Names of the buses that `app` sees.
  [[nodiscard]] std::vector<std::string> names_for(const App& app) const;
  [[nodiscard]] bool empty() const noexcept { return buses_.empty(); }
  [[nodiscard]] Loop& loop() const noexcept { return loop_; }

  // Ends every TopicTap and those to come, so that a stop need not wait for them.
  void end_taps();
  [[nodiscard]] bool taps_ended() const noexcept { return taps_ended_; }
  [[nodiscard]] std::size_t taps() const noexcept { return taps_; }

  // A watcher takes itself off the list before it goes.
  void watch(BusWatcher* watcher) { watchers_.push_back(watcher); }
  void unwatch(BusWatcher* watcher);

 private:
  friend class TopicTap;
  [[nodiscard]] std::shared_ptr<BusHold::Shared> find(const App& app, std::string_view name) const;
  [[nodiscard]] ApiResult<std::string> wrap(Ctx ctx, const App& app, const BusHold& bus,
                                            PublishRequest& request) const;
  [[nodiscard]] ApiResult<pubsub::Publication> prepare(Ctx ctx, const App& app, const BusHold& bus,
                                                       PublishRequest request) const;
  [[nodiscard]] ApiResult<std::vector<pubsub::Publication>> prepare_all(
      Ctx ctx, const App& app, const BusHold& bus, BulkPublishRequest& request,
      std::vector<std::unique_ptr<sync::Message>>* messages) const;
  [[nodiscard]] policy::LaneContext lane_of(const PublishRequest& request) const;
  // As the cloud gets it; nullptr where it stays on the hub.
  [[nodiscard]] ApiResult<std::unique_ptr<sync::Message>> for_cloud(
      Ctx ctx, const App& app, const PublishRequest& request) const;
  void notify();

  Loop& loop_;
  Lanes* lanes_ = nullptr;
  const CloudOutlet* cloud_ = nullptr;
  std::vector<std::shared_ptr<BusHold::Shared>> buses_;
  std::vector<BusWatcher*> watchers_;
  std::size_t taps_ = 0;
  bool taps_ended_ = false;
};

}  // namespace edge::blocks
