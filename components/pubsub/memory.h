// pubsub.in-memory: messages go from publisher to subscribers in the process's memory.
//
// Each subscription has a queue of its own, in order, bounded in count and bytes: an app that is
// too slow loses its oldest messages and holds up nobody. A message whose handler fails is lost.
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

 private:
  class Consumer;

  Result<Durability> offer(Publication publication);

  Loop& loop_;
  std::string name_;
  std::vector<Consumer*> consumers_;
};

}  // namespace edge::pubsub
