// What apps are subscribed to, as metadata lists it.
#pragma once

#include <list>
#include <string>
#include <vector>

#include "edge/api/services.h"

namespace edge::api {

// What `app` is subscribed to now: as it listed it, as resources say, and as streams.
std::vector<const blocks::TopicSubscription*> topics_of(const Services& services,
                                                        const std::string& app);

// A stream is listed while this lives; `services` and what is listed outlive it.
class ListedStream {
 public:
  ListedStream(Services& services, StreamedTopic topic)
      : streams_(services.streams), place_(streams_.insert(streams_.end(), topic)) {}
  ~ListedStream() { streams_.erase(place_); }
  ListedStream(const ListedStream&) = delete;
  ListedStream& operator=(const ListedStream&) = delete;

 private:
  std::list<StreamedTopic>& streams_;
  std::list<StreamedTopic>::iterator place_;
};

}  // namespace edge::api
