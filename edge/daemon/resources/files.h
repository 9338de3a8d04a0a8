// The files that resources are read from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "edge/daemon/resources/source.h"

namespace edge::daemon {

inline constexpr std::size_t kMaxFileBytes = 1024 * 1024;
inline constexpr std::size_t kMaxFiles = 1000;  // in one directory

// What a file is read for.
enum class Role : std::uint8_t { kResources, kConfiguration };

struct TextFile {
  std::string name;
  std::string text;
  Role role = Role::kResources;
};

// Whether a path that does not exist is a fault.
enum class MissingPath : std::uint8_t { kIsError, kIsIgnored };

// Every *.yaml and *.yml directly in a directory, by name, or the one file that `path` names.
std::vector<TextFile> read_path(const std::string& path, MissingPath missing, Problems& problems);

// A --config file.
std::vector<TextFile> read_config_file(const std::string& path, Problems& problems);

// Whether `file` is text that YAML allows: UTF-8 without control characters. Notes where not.
bool is_yaml_text(const TextFile& file, Problems& problems);

}  // namespace edge::daemon
