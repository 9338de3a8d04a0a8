// SecretNews: tells apps on a topic that a secret of a cloud has changed: its name and version.
#pragma once

#include <string>

#include "components/secretstores/changes.h"
#include "edge/blocks/pubsub/pubsub_block.h"
#include "edge/loop/task_group.h"

namespace edge::daemon {

struct SecretNewsItem {
  std::string store;
  secrets::ChangesTopic at;
  secrets::SecretChange change;
};

class SecretNews {
 public:
  // Both outlive it.
  SecretNews(Loop& loop, const blocks::PubsubBlock& pubsub)
      : loop_(loop), pubsub_(pubsub), tasks_(loop, "news of secrets") {}

  // In the background; half a minute at most is waited for a bus that is not there yet.
  void tell(SecretNewsItem item);
  Task<void> close() { return tasks_.close(); }

 private:
  Task<void> publish(Ctx ctx, SecretNewsItem item);
  Task<Status> publish_once(Ctx ctx, const SecretNewsItem* item);

  Loop& loop_;
  const blocks::PubsubBlock& pubsub_;
  TaskGroup tasks_;
};

}  // namespace edge::daemon
