// pubsub.sqlite: durable topics in an SQLite file.
//
// publish() answers after the commit. Each app that subscribes to a topic has a cursor there, which
// stays when the app goes away: it begins with what is published from then on, and an app that
// comes back gets what it has missed, as far as retention keeps it. Delivery is at least once, and
// in order for messages of one metadata "partitionKey" (those without one are one sequence).
// Messages of a topic that no app has ever subscribed to are not stored. The name of the component
// is part of a topic's identity: several may share a file. Who subscribes for now only
// (Lasting::kNothing) gets copies of what was committed, out of memory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "components/context.h"
#include "components/database.h"
#include "components/pubsub/consumer.h"
#include "components/pubsub/keeper.h"
#include "components/pubsub/memory.h"
#include "components/pubsub/pubsub.h"
#include "edge/loop/task_group.h"

namespace edge::pubsub {

class SqliteBus final : public Bus, public BulkBus {
 public:
  explicit SqliteBus(const components::Context& context);

  [[nodiscard]] std::vector<Feature> features() const override;
  Task<Status> init(Ctx ctx) override;
  Task<void> close() override;
  Task<Result<Durability>> publish(Ctx ctx, Publication publication) override;
  Task<Result<std::unique_ptr<Subscription>>> subscribe(Ctx ctx, SubscribeRequest request,
                                                        Handler handler) override;
  Task<std::vector<Result<Durability>>> publish_all(Ctx ctx,
                                                    std::vector<Publication> publications) override;

 private:
  struct Batch;

  struct Loaded;
  void load_topics(Loaded& loaded);
  void load_cursors(Loaded& loaded);
  // What the publication reaches once the batch is committed: without a subscriber nothing of it is
  // kept. Errors: kInvalidArgument.
  Result<Durability> add_to(Batch& batch, Publication& publication);
  Task<Status> commit(std::shared_ptr<Batch> batch);
  void committed(Batch& batch);
  Task<Result<Consumer*>> find_consumer(SubscribeRequest request);
  Consumer* add_consumer(const std::string& topic, queue::CursorRow row);
  [[nodiscard]] std::int64_t now_seconds() const;

  components::Context context_;
  components::Database database_;
  Source source_;
  Topics topics_;
  std::unique_ptr<Keeper> keeper_;
  MemoryBus live_;  // of those who subscribe for now only
  TaskGroup background_;
};

}  // namespace edge::pubsub
