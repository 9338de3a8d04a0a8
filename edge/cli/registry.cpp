#include "edge/cli/registry.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/read_file.h"
#include "edge/base/strings.h"

namespace edge::cli {
namespace {

constexpr mode_t kOnlyOwner = 0700;
constexpr std::string_view kPrefix = "run-";
constexpr std::string_view kSuffix = ".json";
constexpr std::string_view kNotifySuffix = ".notify";
constexpr std::size_t kLargestFile = std::size_t{64} << 10;

std::string directory_path() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && *runtime == '/') return std::string(runtime) + "/edgelane";
  return "/tmp/edgelane-" + std::to_string(::geteuid());
}

std::string file_of(const std::string& directory, pid_t process) {
  return directory + "/" + std::string(kPrefix) + std::to_string(process) + std::string(kSuffix);
}

// Nothing where it cannot be read.
std::string text_in(const std::string& path) {
  return read_file(path, kLargestFile).value_or("");
}

bool write_file(const std::string& path, std::string_view text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const bool is_written = ::write(file, text.data(), text.size()) == std::ssize(text);
  return ::close(file) == 0 && is_written;
}

// The number as `T`; 0 where it is missing or does not fit.
template <class T>
T number_of(const nlohmann::json& object, std::string_view name) {
  const auto number = int_member(object, name);
  if (!number || !*number || !std::in_range<T>(**number)) return 0;
  return static_cast<T>(**number);
}

std::string text_of(const nlohmann::json& object, std::string_view name) {
  const auto text = string_member(object, name);
  return text && *text ? **text : "";
}

Instance from_json(const nlohmann::json& object) {
  Instance instance;
  instance.app_id = text_of(object, "appId");
  instance.http_port = number_of<std::uint16_t>(object, "httpPort");
  instance.grpc_port = number_of<std::uint16_t>(object, "grpcPort");
  instance.app_port = number_of<std::uint16_t>(object, "appPort");
  instance.cli_pid = number_of<pid_t>(object, "cliPid");
  instance.hub_pid = number_of<pid_t>(object, "hubPid");
  instance.app_pid = number_of<pid_t>(object, "appPid");
  instance.started = number_of<std::int64_t>(object, "started");
  instance.cli_ticks = number_of<std::uint64_t>(object, "cliTicks");
  instance.command = text_of(object, "command");
  return instance;
}

nlohmann::json to_json(const Instance& instance) {
  return {{"appId", instance.app_id},       {"httpPort", instance.http_port},
          {"grpcPort", instance.grpc_port}, {"appPort", instance.app_port},
          {"cliPid", instance.cli_pid},     {"hubPid", instance.hub_pid},
          {"appPid", instance.app_pid},     {"started", instance.started},
          {"cliTicks", instance.cli_ticks}, {"command", instance.command}};
}

// The process id in "run-<id>.json" or "run-<id>.notify".
std::optional<pid_t> process_of(std::string_view name) {
  const std::string_view suffix = name.ends_with(kSuffix) ? kSuffix : kNotifySuffix;
  if (!name.starts_with(kPrefix) || !name.ends_with(suffix)) return std::nullopt;
  name.remove_suffix(suffix.size());
  const auto number = parse_unsigned(name.substr(kPrefix.size()));
  if (!number || !std::in_range<pid_t>(*number)) return std::nullopt;
  return static_cast<pid_t>(*number);
}

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

std::vector<std::string> names_in(const std::string& path) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, CloseFolder> folder(::opendir(path.c_str()));
  if (!folder) return names;
  while (const dirent* entry = ::readdir(folder.get())) names.emplace_back(entry->d_name);
  return names;
}

// Nothing where the file is none, or one of a process that is gone.
std::optional<Instance> read_instance(const std::string& path, std::uint64_t ticks) {
  const auto object = parse_json(text_in(path));
  if (!object || ticks == 0) return std::nullopt;
  Instance instance = from_json(*object);
  if (instance.cli_ticks != ticks) return std::nullopt;
  return instance;
}

}  // namespace

Result<std::string> runtime_directory() {
  const std::string path = directory_path();
  if (::mkdir(path.c_str(), kOnlyOwner) != 0 && errno != EEXIST) {
    return Error{Code::kFailedPrecondition, "create directory " + path + ": " +
                                                std::strerror(errno) +
                                                "; set XDG_RUNTIME_DIR to one of yours"};
  }
  struct stat info{};
  const bool is_ours =
      ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == ::geteuid();
  if (!is_ours || ::chmod(path.c_str(), kOnlyOwner) != 0) {
    return Error{Code::kFailedPrecondition,
                 path + " is not a directory of yours; remove it, or set XDG_RUNTIME_DIR"};
  }
  return path;
}

Status register_instance(Instance instance) {
  const auto directory = runtime_directory();
  if (!directory) return directory.error();
  instance.cli_pid = ::getpid();
  instance.cli_ticks = start_ticks(instance.cli_pid);
  const std::string path = file_of(*directory, instance.cli_pid);
  const std::string fresh = path + ".new";
  if (!write_file(fresh, dump_json(to_json(instance)) + "\n") ||
      ::rename(fresh.c_str(), path.c_str()) != 0) {
    return Error{Code::kFailedPrecondition, "write " + path + ": " + std::strerror(errno)};
  }
  return {};
}

void unregister_instance() noexcept {
  const auto directory = runtime_directory();
  if (directory) ::unlink(file_of(*directory, ::getpid()).c_str());
}

std::vector<Instance> running_instances() {
  std::vector<Instance> found;
  const auto directory = runtime_directory();
  if (!directory) return found;
  for (const std::string& name : names_in(*directory)) {
    const auto process = process_of(name);
    if (!process) continue;
    const std::string path = *directory + "/" + name;
    const std::uint64_t ticks = start_ticks(*process);
    const bool is_json = name.ends_with(kSuffix);
    auto instance = is_json ? read_instance(path, ticks) : std::nullopt;
    if (instance) found.push_back(std::move(*instance));
    if (ticks == 0 || (is_json && !instance)) ::unlink(path.c_str());
  }
  std::ranges::sort(found, {}, &Instance::cli_ticks);
  return found;
}

std::uint64_t start_ticks(pid_t process) {
  const std::string stat = text_in("/proc/" + std::to_string(process) + "/stat");
  // The second field is a name in parentheses that may hold anything.
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos || name_end + 2 > stat.size()) return 0;
  const auto fields = split(std::string_view(stat).substr(name_end + 2), ' ');
  constexpr std::size_t kStartTime = 22 - 3;  // the first field after the name is the third
  if (fields.size() <= kStartTime) return 0;
  return parse_unsigned(fields[kStartTime]).value_or(0);
}

}  // namespace edge::cli
