// Downlink: what comes from the cloud, read and checked.
//
// Source: the sync protocol "e1" (topics, commands, lane assignments).
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "edge/base/result.h"
#include "edge/net/tls/verify_key.h"
#include "sync/core/records.h"
#include "sync/run/lane_ways.h"
#include "sync/run/uplink.h"

namespace edge::sync {

// std::monostate: there is nothing to do, as with a retained message that was taken back.
using Downlink = std::variant<std::monostate, Command, Assignment>;

// What assignments have to be signed with; nullptr: they need not be.
using SigningKeys = std::shared_ptr<const std::vector<tls::VerifyKey>>;

struct DownlinkOptions {
  std::string hub;
  const LaneWays& ways = LaneWays::by_name();
  SigningKeys keys = nullptr;
};

// A reply goes to the topics of this hub's replies only: one that is wanted elsewhere goes to the
// one of the command's lane. Errors: kInvalidArgument, saying what is wrong with the message.
Result<Downlink> read_downlink(const DownlinkOptions& options, const Delivery& delivery);

// An assignment as the cloud writes it. Errors: kInvalidArgument, and kPermissionDenied where it is
// not signed as it has to be.
Result<Assignment> read_assignment(const DownlinkOptions& options, const std::string& text);

}  // namespace edge::sync
