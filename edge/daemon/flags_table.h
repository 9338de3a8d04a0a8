// Every flag in one table: the parser, the checks and --help read it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "edge/daemon/flags.h"

namespace edge::daemon {

// Options in the making, and what only decides about others.
struct Draft {
  Options options;
  std::string root;
  std::string components_path;
  bool app_ssl = false;
  std::optional<std::int64_t> request_size_mb;
  std::optional<std::int64_t> read_buffer_kb;
  std::map<std::string_view, std::string> given;  // flags in this run and their last value

  [[nodiscard]] bool has(std::string_view flag) const { return given.contains(flag); }
};

// Errors: kInvalidArgument with "expected ..., got ...; ..." and without the flag's name.
using FlagSetter = Status (*)(Draft& draft, std::string_view value);

struct FlagRow {
  std::string_view name;
  std::string_view argument;  // what stands for the value in --help; "" for a boolean
  std::string_view fallback;  // the default, as it would be typed
  FlagSetter set;
  std::string_view help;
  std::string_view instead = "";  // deprecated: what to use
};

// What flags of a group are good for.
enum class FlagUse : std::uint8_t {
  kWorks,
  kOneApp,  // describes the app of --app-id
  kNotYet,  // accepted and checked; the feature is not there yet
  kNever,   // accepted; Dapr itself ignores it
};

struct FlagGroup {
  std::string_view title;
  FlagUse use;
  std::span<const FlagRow> rows;
};

std::span<const FlagGroup> flag_groups();

struct FlagMatch {
  const FlagGroup* group = nullptr;
  const FlagRow* row = nullptr;
};
// Nothing where no flag has that name.
std::optional<FlagMatch> find_flag(std::string_view name);

// Defaults that depend on other flags, and what flags must hold together.
// Errors: kInvalidArgument, naming the flag.
Status complete(Draft& draft);

}  // namespace edge::daemon
