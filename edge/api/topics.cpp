#include "edge/api/topics.h"

#include "edge/blocks/apps/app.h"

namespace edge::api {

std::vector<const blocks::TopicSubscription*> topics_of(const Services& services,
                                                        const std::string& app) {
  std::vector<const blocks::TopicSubscription*> topics;
  if (services.subscriptions) topics = services.subscriptions(app);
  for (const StreamedTopic& stream : services.streams) {
    if (stream.app->id() == app) topics.push_back(stream.subscription);
  }
  return topics;
}

}  // namespace edge::api
