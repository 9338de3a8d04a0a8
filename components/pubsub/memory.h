// pubsub.in-memory: messages go from publisher to subscribers in the process's memory.
//
// Each subscription has a queue of its own, in order, bounded in count and bytes: an app that is
// too slow loses its oldest messages and holds up nobody. A message whose handler fails is lost.
// One message is at its handler at a time; in a bulk subscription as many as it takes together.
// Source: wire reference §14.3.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "components/context.h"
#include "components/pubsub/pubsub.h"

namespace edge::pubsub {

class MemoryBus final : public Bus, public BulkBus {
 public:
  explicit MemoryBus(const components::Context& context);

  [[nodiscard]] std::vector<Feature> features() const override;
  Task<Status> init(Ctx ctx) override;
  Task<void> close() override;
  Task<Result<Durability>> publish(Ctx ctx, Publication publication) override;
  Task<Result<std::unique_ptr<Subscription>>> subscribe(Ctx ctx, SubscribeRequest request,
                                                        Handler handler) override;
  Task<std::vector<Result<Durability>>> publish_all(Ctx ctx,
                                                    std::vector<Publication> publications) override;

  // publish() at once. Errors: kInvalidArgument, for the topic.
  Result<Durability> offer(Publication publication);
  [[nodiscard]] bool has_subscriber(std::string_view topic) const;

 private:
  class Consumer;

  Loop& loop_;
  std::string name_;
  std::vector<Consumer*> consumers_;
};

}  // namespace edge::pubsub
