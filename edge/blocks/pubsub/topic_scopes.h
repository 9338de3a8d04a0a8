// Which app may publish and subscribe to which topics of a pubsub component.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "components/pubsub/pubsub.h"

namespace edge::blocks {

enum class TopicUse : std::uint8_t { kPublish, kSubscribe };

class TopicScopes {
 public:
  // From the component's allowedTopics, protectedTopics, publishingScopes ("app1=t1,t2;app2=")
  // and subscriptionScopes; without any everything is allowed. Source: wire reference §3.5.
  static TopicScopes parse(const pubsub::Metadata& component);

  [[nodiscard]] bool allows(std::string_view app_id, std::string_view topic, TopicUse use) const;

 private:
  using Topics = std::set<std::string, std::less<>>;
  using ByApp = std::map<std::string, Topics, std::less<>>;
  static Topics parse_topics(std::string_view text);
  static ByApp parse_apps(std::string_view text);

  Topics allowed_;  // empty: all
  Topics protected_;
  ByApp publish_;
  ByApp subscribe_;
};

}  // namespace edge::blocks
