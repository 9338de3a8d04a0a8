// The hubs that "edgelane run" started for this user: a file for each, below a private directory.
//
// A file whose process is gone (its id may have gone to another since) is removed when it is read.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

#include "edge/base/result.h"

namespace edge::cli {

struct Instance {
  std::string app_id;
  std::uint16_t http_port = 0;
  std::uint16_t grpc_port = 0;
  std::uint16_t app_port = 0;  // 0: the app is not called
  pid_t cli_pid = 0;
  pid_t hub_pid = 0;
  pid_t app_pid = 0;
  std::int64_t started = 0;     // seconds since 1970
  std::uint64_t cli_ticks = 0;  // when cli_pid started: tells it from a later process of that id
  std::string command;
};

// $XDG_RUNTIME_DIR/edgelane, else /tmp/edgelane-<uid>; made where missing, for this user only.
// Errors: kFailedPrecondition, where it cannot be made or belongs to somebody else.
Result<std::string> runtime_directory();

// Fills in what identifies this process, and writes its file. Errors: those of
// runtime_directory(), kFailedPrecondition.
Status register_instance(Instance instance);
void unregister_instance() noexcept;

// Those that run, the oldest first.
std::vector<Instance> running_instances();

// Clock ticks between boot and a process's start; 0 where there is no such process.
// Source: proc(5), /proc/pid/stat, field 22.
std::uint64_t start_ticks(pid_t process);

}  // namespace edge::cli
