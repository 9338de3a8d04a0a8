// What an app wants published.
#pragma once

#include <string>
#include <vector>

#include "components/pubsub/pubsub.h"
#include "edge/policy/lanes/lane_table.h"

namespace edge::blocks {

// The lane that a publication is in.
struct PublishLane {
  policy::LaneContext context;  // undecided on a hub without lanes
  bool inherits = false;        // whether it is believed what its events say of lanes
};

struct PublishRequest {
  std::string pubsub;
  std::string topic;
  std::string data;
  std::string content_type;
  pubsub::Metadata metadata;
  PublishLane lane = {};
};

struct BulkPublishEntry {
  std::string entry_id;
  std::string data;
  std::string content_type;
  pubsub::Metadata metadata;  // the request's merged in already
};

struct BulkPublishRequest {
  std::string pubsub;
  std::string topic;
  std::vector<BulkPublishEntry> entries;
  pubsub::Metadata metadata;
  PublishLane lane = {};
};

}  // namespace edge::blocks
