// What this machine is called and who its users are.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "edge/base/result.h"

namespace edge::daemon {

std::string host_name();

// DAPR_HOST_IP, else the address from which other hosts would be reached, else 127.0.0.1. Sends
// nothing. Source: wire reference §13.2.
std::string host_ip();

// By name or number. Errors: kNotFound, naming it.
Result<uid_t> find_user(const std::string& name);
Result<gid_t> find_group(const std::string& name);

// Whether a user is in a group, by its primary group or as a member.
bool is_member(uid_t user, gid_t group);

// Makes a directory and its parents. Errors: kFailedPrecondition, naming it.
Status make_directories(const std::string& path, mode_t mode);

}  // namespace edge::daemon
