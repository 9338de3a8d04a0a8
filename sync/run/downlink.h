// Downlink: what comes from the cloud, read and checked.
//
// Source: the sync protocol "e1" (topics, commands, lane assignments).
#pragma once

#include <string>
#include <variant>

#include "edge/base/result.h"
#include "sync/core/records.h"
#include "sync/run/uplink.h"

namespace edge::sync {

// std::monostate: there is nothing to do, as with a retained message that was taken back.
using Downlink = std::variant<std::monostate, Command, Assignment>;

// A reply goes to the topics of this hub's replies only: one that is wanted elsewhere goes to the
// one of the command's lane. Errors: kInvalidArgument, saying what is wrong with the message.
Result<Downlink> read_downlink(const std::string& hub, const Delivery& delivery);

}  // namespace edge::sync
